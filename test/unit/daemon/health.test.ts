import { expect, test } from 'vitest';
import { type HealthFacts, judgeReadiness } from '../../../src/daemon/health.ts';

const facts = (over: Partial<HealthFacts> = {}): HealthFacts => ({ lookedAtMs: 60_000, engineReachable: true, maxAgeMs: 90_000, counts: { desktops: 3 }, ...over });

test('ready as long as the last look is fresh', () => {
  expect(judgeReadiness(facts(), 150_000)).toEqual({ ready: true, counts: { desktops: 3 } });
  expect(judgeReadiness(facts(), 151_000)).toEqual({ ready: false, reason: 'the last look at the desktops was 91 s ago' });
});

test('not ready before the first look, nor without an engine', () => {
  expect(judgeReadiness(facts({ lookedAtMs: undefined }), 0)).toEqual({ ready: false, reason: 'the first look at the desktops is not done' });
  expect(judgeReadiness(facts({ engineReachable: false }), 60_000)).toEqual({ ready: false, reason: 'the engine is not reachable' });
});

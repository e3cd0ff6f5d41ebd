import { expect, test } from 'vitest';
import type { DesktopStatus } from '../../../src/core/desktop.ts';
import type { LeaseFacts } from '../../../src/core/lease-state.ts';
import { describeSummary, summarize } from '../../../src/daemon/summary.ts';
import { factsAtBirth, leaseWith, POLICY } from '../../support/lease-life.ts';
import { desktopSeen } from '../../support/test-lives.ts';

const summaryOf = (...desktops: [DesktopStatus, Partial<LeaseFacts>?][]): string =>
  describeSummary(summarize(desktops.map(([status, facts]) => ({ desktop: desktopSeen(status), lease: leaseWith({}), policy: POLICY, facts: { ...factsAtBirth(), ...facts } }))));
const used = { viewers: { known: true, count: 2 } } as const;
const unknown = { viewers: { known: false, why: 'test' } } as const;

test.each([
  ['no desktops', summaryOf()],
  ['1 desktop: 1 ready; 0 in use', summaryOf(['ready'])],
  ['3 desktops: 2 ready, 1 paused; 1 in use', summaryOf(['ready', used], ['ready'], ['paused'])],
  ['2 desktops: 2 ready; 0 in use, 2 unknown', summaryOf(['ready', unknown], ['ready', unknown])],
  ['1 desktop: 1 lost; 0 in use', summaryOf(['lost', { ...unknown, life: 'ended' }])],
])('%s', (words, summary) => expect(summary).toBe(words));

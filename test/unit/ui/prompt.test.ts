import { expect, test } from 'vitest';
import { confirm } from '../../../src/ui/prompt.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeStreams, fakeStreams } from '../../support/fake-streams.ts';

const terminals = ['stdin', 'stderr'] as const;
const refusal = { refusal: 'removing all needs a yes', hint: 'vncctl rm --all --yes' };

async function answer(io: FakeStreams, keys: string): Promise<boolean> {
  const answered = confirm(io, 'Remove all 3 desktops?', refusal);
  await Promise.race([eventually(() => io.err().includes('Remove all 3 desktops?')), answered]);
  io.type(keys);
  return answered;
}

test('a yes is a yes, and nothing typed is a no; the question is on stderr only', async () => {
  const io = fakeStreams({ terminals });
  expect(await answer(io, 'y\r')).toBe(true);
  expect(io.out()).toBe('');
  expect(await answer(fakeStreams({ terminals }), '\r')).toBe(false);
  expect(await answer(fakeStreams({ terminals }), 'n\r')).toBe(false);
});

test('Ctrl-C in a question is INTERRUPTED', async () => {
  await expect(answer(fakeStreams({ terminals }), '\x03')).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test('without a person at stdin and stderr, or with --no-input, the flag is named instead', async () => {
  for (const io of [fakeStreams(), fakeStreams({ terminals: ['stdin', 'stdout'] }), fakeStreams({ terminals: ['stdout', 'stderr'] }), fakeStreams({ terminals, input: false })]) {
    await expect(confirm(io, 'Remove?', refusal)).rejects.toMatchObject({ code: 'NEEDS_CONFIRMATION', message: refusal.refusal, hint: refusal.hint });
    expect(io.err()).toBe('');
  }
});

test('a signal ends the question with its own reason', async () => {
  const io = fakeStreams({ terminals });
  const controller = new AbortController();
  const answered = confirm(io, 'Remove?', { ...refusal, signal: controller.signal });
  const outcome = answered.catch((error: unknown) => error);
  await eventually(() => io.err().includes('Remove?'));
  controller.abort(new Error('stopped'));
  expect(await outcome).toMatchObject({ message: 'stopped' });
});

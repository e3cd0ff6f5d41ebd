// Waiting for a desktop that is taken away meanwhile.
import { expect, test } from 'vitest';
import { waitForStage } from '../../../src/core/up-wait.ts';
import type { FakeContainer } from '../../support/fake-containers.ts';
import { ANA, createTestDesktops, LOCAL_GATEWAY } from '../../support/test-desktops.ts';

/** What comes of waiting for a desktop without a port of its own that is in this state by now. */
async function waitedFor(is: Partial<FakeContainer>): Promise<unknown> {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY });
  await t.up();
  const container = t.engine.world.get('vnc_11144477735');
  Object.assign(container, is);
  return waitForStage(t.desktops, container.id, { stage: 'rfb', client: ANA, imageKey: t.entry.key, timeoutMs: 1_000, signal: new AbortController().signal, onStage: () => {} }).catch((error: unknown) => error);
}

test('one that somebody removes is told as gone, though the engine has taken away its address before the container', async () => {
  expect(await waitedFor({ state: 'removing' })).toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
});

test('one that has no address for another reason is not ready', async () => {
  expect(await waitedFor({ address: '' })).toMatchObject({ code: 'NOT_READY', message: expect.stringContaining('no address') as string });
});

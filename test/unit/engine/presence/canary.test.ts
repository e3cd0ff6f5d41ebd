// The connection of a process to itself, on the real loopback.
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Canary, createLoopbackCanary } from '../../../../src/engine/presence/canary.ts';
import { eventually } from '../../../support/eventually.ts';

const canaries: Canary[] = [];
afterEach(() => {
  for (const canary of canaries.splice(0)) canary.close();
});

function made(): Canary {
  const canary = createLoopbackCanary();
  canaries.push(canary);
  return canary;
}

/** What keeps this process alive, as far as it is a connection. */
const holding = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;

/** The sockets of this process that are open now, whether they keep it alive or not. */
const openSockets = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

test('it opens when first asked, keeps its ports from then on, and never keeps the process alive', async () => {
  const before = { holding: holding(), open: openSockets() };
  const canary = made();
  const [one, other] = await Promise.all([canary.chirp(), canary.chirp()]);
  expect(one).toEqual(other);
  expect(one).toEqual(await canary.chirp());
  expect(one.fromPort).not.toBe(one.toPort);
  expect(holding()).toBe(before.holding);
  expect(openSockets()).toBe(before.open + 2);
});

test('nothing listens any more once it stands', async () => {
  const { toPort } = await made().chirp();
  const refused = await new Promise<NodeJS.ErrnoException>((resolve) => {
    connect({ host: '127.0.0.1', port: toPort }).on('error', resolve);
  });
  expect(refused.code).toBe('ECONNREFUSED');
});

test('closed, it is gone and opens no more', async () => {
  const before = openSockets();
  const canary = made();
  await canary.chirp();
  canary.close();
  await expect(canary.chirp()).rejects.toThrow('it was closed');
  await eventually(() => openSockets() === before);
});

test('closed while it opens, it leaves nothing behind', async () => {
  const before = openSockets();
  const canary = made();
  const chirped = canary.chirp().catch(() => 'failed');
  canary.close();
  await chirped;
  await eventually(() => openSockets() === before);
});

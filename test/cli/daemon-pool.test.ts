// The daemon keeps the pool on a real engine: fills it again after a claim, with desktops that need no port; follows new settings;
// and leaves nothing half-made, however it ends.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientNumber, proxiedInstallation } from '../support/cli.ts';
import { askSocket, socketOf } from '../support/daemon-api.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import type { RawContainer } from '../support/engine-api.ts';
import { comesTrue } from '../support/eventually.ts';
import { TINY_KEY } from '../support/tiny-image.ts';

const ANA = clientNumber(1);
const STOPPED_WITHIN_MS = 5_000;

const installation = await proxiedInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_SWEEP_INTERVAL: '5s', VNCCTL_IMAGE: TINY_KEY } });
const { proxy, up, home } = installation;
const { start, watching, journal } = daemonsOf(installation, [ANA]);

const idOf = ({ Labels }: RawContainer): string => Labels['io.vncctl.desktop'] ?? '';
const members = async (): Promise<RawContainer[]> => (await installation.containers()).filter((container) => (container.Names[0] ?? '').endsWith(`pool_${idOf(container)}`));
const ready = (count: number): Promise<void> => comesTrue(`${count} wait in the pool`, async () => (await members()).filter(({ State }) => State === 'paused').length === count && (await members()).length === count);
const wants = (count: number): void => writeFileSync(join(home, 'config/config.json'), JSON.stringify({ pool: String(count) }));

test('it fills the pool, and again after a claim; its warm desktops need no port, and their lives begin with the claim', async () => {
  wants(2);
  const daemon = await watching();
  await ready(2);
  expect((await members()).flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort !== undefined))).toEqual([]);
  expect(journal()).toEqual([]);
  const { outcome, id, url, hostPort } = JSON.parse((await succeeds(up(ANA, '--json'))).stdout) as { outcome: string; id: string; url: string; hostPort: number | null };
  expect({ outcome, hostPort }).toEqual({ outcome: 'claimed', hostPort: null });
  expect(url).toContain(`/d/${id}/`);
  expect(await daemon.line({ event: 'created', desktop: id })).toMatchObject({ cause: 'taken from the pool' });
  await daemon.line({ event: 'ready', desktop: id });
  await ready(2);
  expect(new Set(journal().map(({ desktop }) => desktop))).toEqual(new Set([id]));
  expect(daemon.eventsOf(id)).toEqual(['created', 'ready']);
});

test.each(['command line', 'API'])('while somebody who came by the %s waits for a desktop of their own, no warm one is made', async (door) => {
  wants(0);
  const daemon = await watching();
  const creation = proxy.hold({ method: 'POST', path: /^\/containers\/create/, stop: 'request' });
  const given = door === 'API' ? askSocket(socketOf(installation), 'POST', '/api/v1/desktops', { client: ANA }) : succeeds(up(ANA));
  await creation.held;
  wants(1);
  const reread = daemon.line({ message: /^setting pool changed/ });
  daemon.child.kill('SIGHUP');
  await reread;
  // The pool is looked at again and again while it waits for its turn; a sweep looks once in five seconds.
  await proxy.seen(/^GET \/containers\/json/, 4);
  expect(await installation.containers()).toEqual([]);
  creation.release();
  await given;
  await ready(1);
});

test('new settings are followed: more are made, and none are left when none are wanted', async () => {
  wants(1);
  const daemon = await watching();
  await ready(1);
  wants(2);
  daemon.child.kill('SIGHUP');
  await ready(2);
  wants(0);
  daemon.child.kill('SIGHUP');
  await ready(0);
});

test.each([
  ['before the container is there', { method: 'POST', path: /^\/containers\/create/, stop: 'request' }, 0],
  ['when it has been made', { method: 'POST', path: /^\/containers\/create/, stop: 'answer' }, 1],
  ['when it is about to be frozen', { method: 'POST', path: /\/pause$/, stop: 'request' }, 0],
] as const)('told to end %s, it ends within five seconds, and what stays is cleaned by the next one', async (_, request, most) => {
  wants(1);
  const making = proxy.hold(request);
  const daemon = start();
  await making.held;
  const startedMs = performance.now();
  const stopped = await daemon.stop();
  expect(stopped.exitCode).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(STOPPED_WITHIN_MS);
  proxy.reset();
  const left = await members();
  expect(left.length).toBeLessThanOrEqual(most);
  await watching();
  await ready(1);
  expect((await members()).map(idOf)).not.toEqual(left.map(idOf).concat('none').slice(0, 1));
});

test('killed while it makes one, the next daemon takes that away and makes another', async () => {
  wants(1);
  const freezing = proxy.hold({ method: 'POST', path: /\/pause$/, stop: 'request' });
  const killed = start();
  await freezing.held;
  await killed.kill();
  proxy.reset();
  const [half] = await members();
  expect(half?.State).toBe('running');
  const next = await watching();
  expect(await next.line({ message: /^removed a warm desktop/ })).toMatchObject({ desktop: half && idOf(half), cause: 'nobody makes it ready any more' });
  await ready(1);
});

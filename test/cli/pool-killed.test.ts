// kill -9 of a claim, of a filling and of a replacement at every request they make of the engine, before and after. Whatever is left,
// nobody gets what was another's, and the next commands adopt or clean all of it.
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ownProcesses } from '../../src/engine/host-processes.ts';
import { clientNumber, proxiedInstallation, type RunningProcess } from '../support/cli.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import type { RawContainer } from '../support/engine-api.ts';
import type { Catch } from '../support/engine-proxy.ts';
import { TINY_KEY } from '../support/tiny-image.ts';
import { CLAIM_REQUESTS, faultPoints, FILL_REQUESTS, type NamedRequest, REPLACE_REQUESTS } from '../support/warm-requests.ts';

const installation = await proxiedInstallation({ env: { VNCCTL_POOL: `${TINY_KEY}=1` } });
const { up, startUp, start, startWith, vncctl, proxy } = installation;
const [ANA, BOB] = [clientNumber(1), clientNumber(2)];

const idOf = ({ Labels }: RawContainer): string => Labels['io.vncctl.desktop'] ?? '';
const isMember = (container: RawContainer): boolean => (container.Names[0] ?? '').endsWith(`pool_${idOf(container)}`);
const fill = (): Promise<unknown> => succeeds(vncctl('pool', 'fill'));

const casesOf = (requests: readonly NamedRequest[]): [string, Catch][] => faultPoints(requests).map(({ name, request }) => [name, request]);

function expectNamed(requests: readonly NamedRequest[], lines: readonly string[]): void {
  const named = lines.map((line) => requests.some(([, { method, path }]) => method === line.split(' ')[0] && path.test(decodeURIComponent(line.slice(line.indexOf(' ') + 1)))));
  expect(lines.filter((_, index) => !named[index])).toEqual([]);
}

async function killAt(request: Catch, begin: () => RunningProcess): Promise<void> {
  const caught = proxy.hold(request);
  const killed = begin();
  await Promise.race([caught.held, killed.finished.then(({ stderr }) => Promise.reject(new Error(`it ended before it got there: ${stderr}`)))]);
  killed.child.kill('SIGKILL');
  expect((await killed.finished).signal).toBe('SIGKILL');
  proxy.reset();
}

test('the lists name every request that a claim, a filling and a replacement make', async () => {
  await succeeds(up(BOB));
  await succeeds(vncctl('rm', BOB));
  let before = proxy.log.length;
  await fill();
  // The second round finds nothing left to do.
  expectNamed(FILL_REQUESTS, proxy.log.slice(before));
  for (const [name, { method, path, skip = 0 }] of FILL_REQUESTS) expect(proxy.log.slice(before).filter((line) => line.startsWith(method) && path.test(line.slice(line.indexOf(' ') + 1))).length, name).toBeGreaterThan(skip);
  before = proxy.log.length;
  await succeeds(up(ANA));
  expectNamed(CLAIM_REQUESTS, proxy.log.slice(before));
  expect(proxy.log.slice(before)).toHaveLength(CLAIM_REQUESTS.length);
});

const CLAIMS = casesOf(CLAIM_REQUESTS).flatMap(([name, request]) => (['keeps', 'loses'] as const).map((memory) => [name, memory, request] as const));

test.each(CLAIMS)('a claim killed %s (the store %s what it had) is its client\'s or nobody\'s', async (_, memory, request) => {
  await fill();
  await killAt(request, () => startUp(ANA));
  if (memory === 'loses') rmSync(installation.stateFile, { force: true });
  const left = await installation.containers();
  expect(left).toHaveLength(1);
  const [warm] = left;
  const isTaken = warm !== undefined && !isMember(warm);
  const other = JSON.parse((await succeeds(up(BOB, '--json'))).stdout) as { id: string; outcome: string };
  expect(other.outcome).toBe(isTaken ? 'created' : 'claimed');
  const own = JSON.parse((await succeeds(up(ANA, '--json'))).stdout) as { id: string };
  expect(own.id).not.toBe(other.id);
  if (isTaken) expect(own.id).toBe(idOf(warm));
  await cleans(2);
});

test.each(casesOf(FILL_REQUESTS))('a filling killed %s leaves nothing that the next one does not finish or clean', async (_, request) => {
  await succeeds(up(BOB));
  await killAt(request, () => start('pool', 'fill'));
  // What is half-made is nobody's: whoever comes now does not get it.
  const left = (await installation.containers()).filter(isMember);
  const own = JSON.parse((await succeeds(up(ANA, '--json'))).stdout) as { id: string; outcome: string };
  expect(own.outcome).toBe(left.some(({ State }) => State === 'paused') ? 'claimed' : 'created');
  await fill();
  const members = (await installation.containers()).filter(isMember);
  expect(members.map(({ State }) => State)).toEqual(['paused']);
  await cleans(2);
});

test.each(casesOf(REPLACE_REQUESTS))('a replacement killed %s leaves nothing that the next one does not finish', async (_, request) => {
  await fill();
  await killAt(request, () => startWith({ VNCCTL_POOL_MAX_AGE: '1s' }, 'pool', 'fill'));
  await fill();
  const members = (await installation.containers()).filter(isMember);
  expect(members.map(({ State }) => State)).toEqual(['paused']);
  await cleans(0);
});

/** One command removes all of it, the desktops of so many clients among them. */
async function cleans(clients: number): Promise<void> {
  const removed = await succeeds(vncctl('rm', '--all', '--yes'));
  expect(removed.stdout.split('\n').filter((line) => line !== '')).toHaveLength(clients);
  expect(await installation.containers()).toEqual([]);
  const { allocations, reservations } = installation.state();
  expect(allocations).toEqual({});
  // A promise of a killed process counts for nothing: what is written of it may stay until somebody asks for a port.
  expect((reservations as { pid: number }[]).filter(({ pid }) => ownProcesses.isAlive(pid))).toEqual([]);
}

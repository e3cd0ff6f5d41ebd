// Five hundred rounds of kill -9 at the named moments of claims and fillings, the store deleted after half of them. However it ends,
// no container ever has two clients, nobody's half-made one is handed out, and the next filling leaves nothing over.
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Desktops } from '../../src/core/desktops.ts';
import { getEntry } from '../../src/core/images.ts';
import { listDesktops } from '../../src/core/list.ts';
import { fillPoolWholly, lookAtPool } from '../../src/core/pool.ts';
import { removeDesktops } from '../../src/core/remove.ts';
import { up, type UpResult } from '../../src/core/up.ts';
import { clientNumber, type Installation, proxiedInstallation, type RunningProcess } from '../support/cli.ts';
import type { EngineProxy } from '../support/engine-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { fakeStreams } from '../support/fake-streams.ts';
import { clientOf } from '../support/test-desktops.ts';
import { TINY_KEY } from '../support/tiny-image.ts';
import { CLAIM_REQUESTS, type FaultPoint, faultPoints, FILL_REQUESTS, REPLACE_REQUESTS } from '../support/warm-requests.ts';

const ROUNDS = 500;
const LANES = 6;
const LONGEST_MS = 15 * 60_000;

type Kind = 'claim' | 'fill' | 'replace';
const POINTS: Readonly<Record<Kind, readonly FaultPoint[]>> = { claim: faultPoints(CLAIM_REQUESTS), fill: faultPoints(FILL_REQUESTS), replace: faultPoints(REPLACE_REQUESTS) };

interface Lane {
  installation: Installation & { proxy: EngineProxy };
  desktops: Desktops;
  /** Of each container, every client's name that it ever had, as the engine told. */
  names: Map<string, Set<string>>;
  rounds: number;
}

const signal = (): AbortSignal => new AbortController().signal;
const counts = new Map<string, number>();

async function openLane(): Promise<Lane> {
  const installation = await proxiedInstallation({ env: { VNCCTL_POOL: `${TINY_KEY}=1` } });
  const { env, home } = installation;
  // Mends by itself, not through the proxy.
  const own = { ...env, DOCKER_HOST: process.env['VNCCTL_TEST_ENGINE'] ?? '' };
  const app = createApp({ io: { ...fakeStreams({ env: own }), cwd: home }, version: 'test', flags: {} });
  const desktops = await app.desktops();
  const names = new Map<string, Set<string>>();
  let isOpen = false;
  const follow = async (): Promise<void> => {
    const events = desktops.engine.containers.events({ labels: { 'io.vncctl.instance': installation.instance } }, { onOpen: () => (isOpen = true) });
    for await (const { id, name } of events) if (!name.includes('pool_')) names.set(id, (names.get(id) ?? new Set()).add(name));
  };
  void follow().catch(() => {});
  await eventually(() => isOpen);
  return { installation, desktops, names, rounds: 0 };
}

async function killAt({ installation: { proxy } }: Lane, { name, request }: FaultPoint, begin: () => RunningProcess): Promise<void> {
  counts.set(name, (counts.get(name) ?? 0) + 1);
  const caught = proxy.hold(request);
  const killed = begin();
  await Promise.race([caught.held, killed.finished.then(({ stderr }) => Promise.reject(new Error(`it ended before it was ${name}: ${stderr}`)))]);
  killed.child.kill('SIGKILL');
  await killed.finished;
  proxy.reset();
}

/** One round; afterwards the pool is as the next kind of round needs it: full after one that fills, empty after a claim. */
async function round(lane: Lane, kind: Kind, number: number): Promise<void> {
  const { installation } = lane;
  const points = POINTS[kind];
  const point = points[number % points.length];
  if (!point) throw new Error('there is no such moment');
  const client = clientNumber(number);
  const begin: Readonly<Record<Kind, () => RunningProcess>> = {
    claim: () => installation.startUp(client),
    fill: () => installation.start('pool', 'fill'),
    replace: () => installation.startWith({ VNCCTL_POOL_MAX_AGE: '1s' }, 'pool', 'fill'),
  };
  await killAt(lane, point, begin[kind]);
  if (number % 2 === 0) rmSync(installation.stateFile, { force: true });
  if (kind === 'claim') await settleClaim(lane, client, point.name);
  else await settleFilling(lane, point.name);
  lane.rounds++;
}

async function settleClaim({ desktops }: Lane, client: string, when: string): Promise<void> {
  const { members } = await lookAtPool(desktops);
  const [left] = await listDesktops(desktops);
  // Theirs, or nobody's.
  expect([members.length, left?.client], when).toEqual(left ? [0, client] : [1, undefined]);
  const result = await upOf(desktops, left ? client : clientNumber(9_000));
  expect(result.outcome, when).toBe('claimed');
  expect(result.desktop.id, when).toBe(left?.id ?? members[0]?.desktopId);
  await removeDesktops(desktops, await listDesktops(desktops), { signal: signal(), cause: 'the round is over' });
  expect(await desktops.engine.containers.list({ labels: { 'io.vncctl.instance': desktops.installation.instance } }), when).toEqual([]);
}

async function settleFilling({ desktops }: Lane, when: string): Promise<void> {
  const { outcomes } = await fillPoolWholly(desktops, { signal: signal() });
  expect(outcomes.filter(({ result }) => result === 'failed'), when).toEqual([]);
  const all = await desktops.engine.containers.list({ labels: { 'io.vncctl.instance': desktops.installation.instance } });
  expect(all.map(({ name, state }) => [/pool_[a-z0-9]{12}$/.test(name), state]), when).toEqual([[true, 'paused']]);
}

function upOf(desktops: Desktops, client: string): Promise<UpResult> {
  const entry = getEntry(desktops.catalog, TINY_KEY);
  return up(desktops, { client: clientOf(client), entry, wishes: { env: {} }, askedImage: true, recreate: false, lease: {} }, { signal: signal(), getImage: async () => {} });
}

const lanes = await Promise.all(Array.from({ length: LANES }, openLane));

test(`in ${ROUNDS} rounds no container ever has two clients, and nothing is left over`, { timeout: LONGEST_MS }, async () => {
  let next = 0;
  const work = async (lane: Lane): Promise<void> => {
    await upOf(lane.desktops, clientNumber(8_000));
    await removeDesktops(lane.desktops, await listDesktops(lane.desktops), { signal: signal(), cause: 'the network is there now' });
    // A filling begins with an empty pool and a claim with a full one; now and then the full one is made anew in between.
    for (let turn = 0; next < ROUNDS; turn++) {
      await round(lane, 'fill', next++);
      if (turn % 4 === 0) await round(lane, 'replace', next++);
      await round(lane, 'claim', next++);
    }
  };
  await Promise.all(lanes.map(work));
  expect(lanes.reduce((sum, { rounds }) => sum + rounds, 0)).toBeGreaterThanOrEqual(ROUNDS);
  for (const { names } of lanes) expect([...names.values()].filter((of) => of.size > 1)).toEqual([]);
  expect(lanes.flatMap(({ names }) => [...names.values()]).length).toBeGreaterThan(ROUNDS / 4);
  // Every named moment was met, many times.
  for (const points of Object.values(POINTS)) for (const { name } of points) expect(counts.get(name) ?? 0, name).toBeGreaterThan(3);
});

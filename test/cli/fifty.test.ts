// Fifty clients who come and go at once by every way there is. Whatever meets whatever, each has one desktop or none; and the engine,
// the store, all lists and the figures tell the same of them.
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { clientNumber, type StoredState, testInstallation } from '../support/cli.ts';
import { daemonsOf } from '../support/daemons.ts';
import { type Way, type WayAnswer, type Ways, waysTo, written } from '../support/desktop-ways.ts';
import { dialOptions, type RawContainer } from '../support/engine-api.ts';
import { comesTrue } from '../support/eventually.ts';
import { testEndpoint } from '../support/test-engine.ts';
import { TINY_KEY } from '../support/tiny-image.ts';

const CLIENTS = Array.from({ length: 50 }, (_, index) => clientNumber(index + 1));
const [GONE, KEPT, TORN] = [CLIENTS.slice(0, 15), CLIENTS.slice(15, 35), CLIENTS.slice(35)];
const installation = await testInstallation({
  env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_IMAGE: TINY_KEY, VNCCTL_AUTH: 'none', VNCCTL_SWEEP_INTERVAL: '2s', VNCCTL_DIALECTS: 'kiosk-orchestrator,browser-fleet,curated-desktops' },
});
const { watching } = daemonsOf(installation, CLIENTS);
const ofInstance = [`io.vncctl.instance=${installation.instance}`];

const desktopOf = ({ Labels }: RawContainer): string => Labels['io.vncctl.desktop'] ?? '';
const clientOf = ({ Labels }: RawContainer): string => Labels['io.vncctl.client'] ?? '';
const sorted = (words: readonly string[]): string[] => [...words].sort();
const filters = (wanted: object): string => `filters=${encodeURIComponent(JSON.stringify(wanted))}`;

/** Counts what the engine itself tells of the installation's containers from now on. */
function listen(): { count(action: 'create' | 'destroy'): number } {
  let told = '';
  const asked = request({ ...dialOptions(testEndpoint().address), path: `/events?${filters({ type: ['container'], event: ['create', 'destroy'], label: ofInstance })}`, headers: { host: 'docker' }, agent: false }, (response) => {
    response.setEncoding('utf8').on('data', (text: string) => (told += text));
    response.on('error', () => {});
  });
  asked.on('error', () => {});
  asked.end();
  onTestFinished(() => void asked.destroy());
  return { count: (action) => told.split(`"Action":"${action}"`).length - 1 };
}

/** Two of the ways, so that with the places each pair has its turn. */
function pairOf(ways: readonly Way[], place: number): readonly Way[] {
  const pairs = ways.flatMap((one, index) => ways.slice(index + 1).map((other) => [one, other]));
  return pairs[place % pairs.length] ?? [];
}

/** Asks for all of these clients at once, for each by all its ways at once. */
async function askAll(clients: readonly string[], waysOf: (place: number) => readonly Way[]): Promise<ReadonlyMap<string, readonly WayAnswer[]>> {
  return new Map(await Promise.all(clients.map(async (client, place) => [client, await Promise.all(waysOf(place).map((way) => way(client)))] as const)));
}

/** Fails where one of those who tell of desktops tells of others than the engine, or where something is left of one that went; returns the engine's. */
async function allAgree({ json, figures }: Ways): Promise<RawContainer[]> {
  const containers = await installation.containers();
  const [ids, clients] = [sorted(containers.map(desktopOf)), sorted(containers.map(clientOf))];
  const inState = (state: string): number => containers.filter(({ State }) => State === state).length;
  expect(new Set(clients).size).toBe(clients.length);

  const { allocations, reservations, promises = [], queue }: StoredState & { promises?: { desktop: string }[]; queue?: unknown } = installation.state();
  expect(sorted(Object.keys(allocations))).toEqual(ids);
  expect(sorted(Object.values(allocations).map(({ client }) => String(client)))).toEqual(clients);
  expect({ removing: Object.values(allocations).filter((record) => 'removing' in record), reservations, queue, promised: promises.filter(({ desktop }) => !ids.includes(desktop)) }).toEqual({ removing: [], reservations: [], queue: undefined, promised: [] });
  expect(existsSync(`${installation.stateFile}.lock`)).toBe(false);
  const networks = await installation.api.call<{ Name: string }[]>('GET', `/networks?${filters({ label: ofInstance })}`);
  expect(networks.map(({ Name }) => Name)).toEqual([installation.network]);

  const listed = JSON.parse((await installation.vncctl('ls', '--json')).stdout) as { id: string; status: string }[];
  expect(sorted(listed.map(({ id }) => id))).toEqual(ids);
  for (const [status, state] of [['ready', 'running'], ['paused', 'paused']] as const) expect(listed.filter((row) => row.status === status)).toHaveLength(inState(state));
  const { desktops } = await json<{ desktops: { id: string; status: string }[] }>('/api/v1/desktops?limit=200');
  expect(desktops.map(({ id, status }) => [id, status])).toEqual(listed.map(({ id, status }) => [id, status]));
  const status = await json<{ active_containers: number; records: { client_id: string }[] }>('/status');
  expect(status.active_containers).toBe(containers.length);
  expect(sorted(status.records.map(({ client_id }) => client_id))).toEqual(clients.map(written));
  expect(sorted((await json<{ id: string }[]>('/sessions')).map(({ id }) => id))).toEqual(ids);
  expect(sorted((await json<{ uid: string }[]>('/api/vm')).map(({ uid }) => uid))).toEqual(clients);
  const figure = await figures();
  expect([{}, { status: 'ready' }, { status: 'paused' }].map((labels) => figure('vncctl_desktops', labels))).toEqual([containers.length, inState('running'), inState('paused')]);
  return containers;
}

/** Fails where somebody was given no desktop, or another one than they have. */
function allGiven(asked: ReadonlyMap<string, readonly WayAnswer[]>, containers: readonly RawContainer[]): void {
  for (const [client, answers] of asked) {
    const [desktop, ...others] = containers.filter((container) => clientOf(container) === client).map(desktopOf);
    expect(others).toEqual([]);
    for (const { by, status, desktop: given, text } of answers) expect({ by, given, ok: status < 400 }, text).toEqual({ by, given: desktop, ok: true });
  }
}

test('fifty clients who come and go at once by all ways have one desktop each, or none, and everybody tells the same', async () => {
  const engine = listen();
  const daemon = await watching();
  const ways = await waysTo(daemon, installation);
  const { giving, taking, upAlone, pause, figures } = ways;
  const answers: WayAnswer[] = [];
  const ask: typeof askAll = async (clients, waysOf) => {
    const asked = await askAll(clients, waysOf);
    answers.push(...[...asked.values()].flat());
    return asked;
  };
  // They count from the first look on.
  await figures();

  // All come at once, each by two ways, and some by a process of its own besides.
  const come = await ask(CLIENTS, (place) => [...pairOf(giving, place), ...(place % 10 === 0 ? [upAlone] : [])]);
  const all = await allAgree(ways);
  expect(sorted(all.map(clientOf))).toEqual(sorted(CLIENTS));
  allGiven(come, all);
  const madeAlone = answers.filter(({ by, outcome }) => by === 'up alone' && outcome === 'created').length;
  const first = await figures();
  const creations = [{}, { outcome: 'created' }, { outcome: 'failed' }].map((labels) => first('vncctl_creations_total', labels));
  expect(creations).toEqual([2 * CLIENTS.length, CLIENTS.length - madeAlone, 0]);
  expect(engine.count('create')).toBe(CLIENTS.length);

  // Some go and some are asked for again, paused ones among both; of the others some ask for them and some take them away.
  await ask([...GONE.slice(0, 5), ...KEPT.slice(0, 5)], () => [pause]);
  await allAgree(ways);
  const [, again] = await Promise.all([
    ask(GONE, (place) => pairOf(taking, place)),
    ask(KEPT, (place) => pairOf(giving, place)),
    ask(TORN, (place) => [...pairOf(taking, place), ...pairOf(giving, place)]),
  ]);
  const left = await allAgree(ways);
  allGiven(again, left);
  expect(left.filter((container) => GONE.includes(clientOf(container)))).toEqual([]);

  // Those who went come back while the others go.
  const [back] = await Promise.all([ask(GONE, (place) => pairOf(giving, place)), ask(KEPT, (place) => pairOf(taking, place))]);
  const last = await allAgree(ways);
  allGiven(back, last);
  expect(last.filter((container) => KEPT.includes(clientOf(container)))).toEqual([]);

  const isFailure = ({ by, status }: WayAnswer): boolean => status >= 400 && !(status === 404 && /rm|DELETE|remove|sessions/.test(by));
  expect(answers.filter(isFailure)).toEqual([]);
  expect(daemon.lines().filter(({ level, message }) => level !== 'info' && !message.includes('auth is none'))).toEqual([]);
  await comesTrue('the events are as many as the engine tells', async () => {
    const figure = await figures();
    const [created, removed] = ['created', 'removed'].map((event) => figure('vncctl_desktop_events_total', { event }));
    return created === engine.count('create') && removed === engine.count('destroy') && engine.count('create') - engine.count('destroy') === last.length;
  });

  const removed = await installation.vncctl('rm', '--all', '--yes');
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(await installation.containers()).toEqual([]);
  expect(installation.state()).toEqual({ allocations: {}, reservations: [], naming: 'labelled', watch: expect.anything() as unknown });
});

import { expect, test } from 'vitest';
import { deriveDesktop, deriveDesktops, type DesktopStatus, type DesktopView } from '../../../src/core/desktop.ts';
import { milliseconds } from '../../../src/core/duration.ts';
import type { ContainerId, ContainerSummary } from '../../../src/core/engine.ts';
import { encodeLabels } from '../../../src/core/labels.ts';
import type { Allocation, DesktopId } from '../../../src/core/store.ts';
import { ANA } from '../../support/test-desktops.ts';

const now = new Date('2030-01-01T12:00:00.000Z');
const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();
const view: DesktopView = { instance: 'default', prefix: 'vnc_', naming: { kind: 'plain' }, endpoint: 'here', now, isAlive: (pid) => pid === 1 };
const id = 'bcdfghjkmnpq' as DesktopId;

const container = (over: Partial<ContainerSummary> = {}): ContainerSummary => ({
  id: 'c1' as ContainerId,
  name: 'vnc_11144477735',
  state: 'running',
  health: 'none',
  labels: encodeLabels({ instance: 'default', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's', hostPort: 5003 }),
  image: 'vncctl/kiosk:latest',
  imageId: 'sha256:1',
  createdAt: ago(300_000),
  ports: [],
  ...over,
});
const allocation = (over: Partial<Allocation> = {}): Allocation => ({ desktopId: id, client: ANA, endpoint: 'here', image: 'kiosk', createdAt: ago(300_000), lastUsedAt: ago(1000), ...over });

const TABLE: [string, DesktopStatus, Partial<ContainerSummary>, Partial<Allocation> | undefined][] = [
  ['running, without a health check', 'ready', {}, undefined],
  ['running and healthy', 'ready', { health: 'healthy' }, undefined],
  ['running, its first check not done', 'starting', { health: 'starting' }, {}],
  ['the same, but seen ready by up', 'ready', { health: 'starting' }, { readyAt: ago(100) }],
  ['running and unhealthy', 'failed', { health: 'unhealthy' }, { readyAt: ago(90_000) }],
  ['called unhealthy, but seen ready a moment ago', 'ready', { health: 'unhealthy' }, { readyAt: ago(89_999) }],
  ['created a moment ago', 'starting', { state: 'created', createdAt: ago(59_999) }, undefined],
  ['created a minute ago and never started', 'stopped', { state: 'created', createdAt: ago(60_000) }, undefined],
  ['paused', 'paused', { state: 'paused' }, undefined],
  ['restarting', 'starting', { state: 'restarting' }, undefined],
  ['dead', 'failed', { state: 'dead' }, undefined],
  ['ended by itself with a failure', 'failed', { state: 'exited', exitCode: 1 }, undefined],
  ['ended cleanly', 'stopped', { state: 'exited', exitCode: 0 }, undefined],
  ['ended by SIGINT', 'stopped', { state: 'exited', exitCode: 130 }, undefined],
  ['killed after its grace', 'stopped', { state: 'exited', exitCode: 137 }, undefined],
  ['ended by SIGTERM', 'stopped', { state: 'exited', exitCode: 143 }, undefined],
  ['being removed by the engine', 'exiting', { state: 'removing' }, undefined],
  ['marked by a live rm', 'exiting', {}, { removing: { pid: 1, at: ago(1000) } }],
  ['marked by an rm that was killed', 'ready', {}, { removing: { pid: 2, at: ago(1000) } }],
  ['marked two minutes ago', 'ready', {}, { removing: { pid: 1, at: ago(120_000) } }],
];

test.each(TABLE)('a container %s is %s', (_, status, over, known) => {
  const allocations = known ? { [id]: allocation(known) } : {};
  expect(deriveDesktop(container(over), { allocations, reservations: [] }, view)?.status).toBe(status);
});

test('a record without a container is lost, but only on its own engine', () => {
  const allocations = { [id]: allocation(), other: allocation({ desktopId: 'other' as DesktopId, endpoint: 'elsewhere' }) };
  expect(deriveDesktops([], { allocations, reservations: [] }, view)).toEqual([
    { id, client: ANA, clientKey: ANA, status: 'lost', image: 'kiosk', createdAt: ago(300_000), lastUsedAt: ago(1000), lease: { created: {}, changed: {} } },
  ]);
});

test('what was asked for its lease comes from its labels and, since then, from the store', () => {
  const [created, changed] = [{ idle: milliseconds(60_000) }, { idle: 'never', ttl: milliseconds(3_600_000) }] as const;
  const labels = encodeLabels({ instance: 'default', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's', lease: created });
  const state = { allocations: { [id]: allocation({ lease: changed }) }, reservations: [] };
  expect(deriveDesktop(container({ labels }), state, view)?.lease).toEqual({ created, changed });
  expect(deriveDesktop(container({ labels }), { allocations: {}, reservations: [] }, view)?.lease).toEqual({ created, changed: {} });
  expect(deriveDesktops([], state, view)[0]?.lease).toEqual({ created: {}, changed });
});

test('desktops come oldest first, each once', () => {
  const young = encodeLabels({ instance: 'default', desktopId: 'young' as DesktopId, clientKey: 'x', naming: 'plain', imageKey: 'kiosk', specHash: 's' });
  const all = deriveDesktops([container({ labels: young, createdAt: ago(1000) }), container()], { allocations: { [id]: allocation() }, reservations: [] }, view);
  expect(all.map((desktop) => desktop.id)).toEqual([id, 'young']);
});

test("other instances' containers and other people's are none", () => {
  const state = { allocations: {}, reservations: [] };
  expect(deriveDesktops([container({ labels: {} })], state, view)).toEqual([]);
  expect(deriveDesktops([container()], state, { ...view, instance: 'lab' })).toEqual([]);
});

test('the port is the published one; a stopped desktop keeps the one of its label', () => {
  const state = { allocations: {}, reservations: [] };
  const published = container({ ports: [{ containerPort: 6080, hostPort: 5009, hostAddress: '127.0.0.1' }] });
  expect(deriveDesktop(published, state, view)?.hostPort).toBe(5009);
  expect(deriveDesktop(container({ state: 'exited', exitCode: 0 }), state, view)?.hostPort).toBe(5003);
});

test('when it was last used is unknown without a record, and so is the client of a hashed name', () => {
  const hashed = encodeLabels({ instance: 'default', desktopId: id, clientKey: 'abc', naming: 'hashed', imageKey: 'kiosk', specHash: 's' });
  const unknown = deriveDesktop(container({ labels: hashed }), { allocations: {}, reservations: [] }, view);
  expect(unknown).not.toHaveProperty('lastUsedAt');
  expect(unknown).not.toHaveProperty('client');
  expect(deriveDesktop(container({ labels: hashed }), { allocations: { [id]: allocation() }, reservations: [] }, view)).toMatchObject({ client: ANA, clientKey: ANA });
});

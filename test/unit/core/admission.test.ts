// Room on the host: who gets a desktop where memory is short, who waits, in which order, and that warm ones give way first.
import { expect, test } from 'vitest';
import { livePromises, liveWaiters, needsOf, spareBytes } from '../../../src/core/admission.ts';
import { whoGivesWay } from '../../../src/core/giving-way.ts';
import { listDesktops } from '../../../src/core/list.ts';
import type { Member } from '../../../src/core/pool-plan.ts';
import { removeDesktops } from '../../../src/core/remove.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { isVncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { clientOf, clients, createTestDesktops, exampleEntry, LOCAL_GATEWAY, type TestDesktops } from '../../support/test-desktops.ts';
import { createWarmDesktops } from '../../support/warm-desktops.ts';

const MIB = 1024 ** 2;
const EACH = 256 * MIB;
const now = new Date('2030-01-01T12:00:00.000Z');
const at = (ms: number): string => new Date(now.getTime() + ms).toISOString();
const BRUNO = clientOf('222.222.222-22');

/** Room for so many desktops of 256 MiB, beside the 256 that stay free. */
function withRoomFor(count: number, t: TestDesktops = createTestDesktops()): TestDesktops {
  t.memory.freeBytes = (count + 1) * EACH;
  return t;
}

const waiting = (t: TestDesktops): number => t.store.state.queue?.length ?? 0;

test('twenty at once on a machine with room for five give five desktops and fifteen failures that say what helps', async () => {
  const t = withRoomFor(5, createTestDesktops({ programOf: () => ({ memoryBytes: () => EACH }) }));
  const results = await Promise.allSettled(clients(20).map((client, index) => t.up({ client }, {}, t.asProcess(200 + index))));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  expect(t.engine.world.all).toHaveLength(5);
  expect(failures).toHaveLength(15);
  for (const failure of failures) expect(isVncctlError(failure, 'NO_MEMORY') && failure.hint).toContain('--queue 30s');
  expect(failures[0]).toMatchObject({ exitCode: 5, message: expect.stringContaining('it needs 256m') as string });
  expect(t.store.state).toMatchObject({ reservations: [] });
  expect(t.store.state).not.toHaveProperty('promises');
});

test('what a starting desktop has taken already is not counted twice', async () => {
  const t = withRoomFor(2, createTestDesktops({ programOf: () => ({ memoryBytes: () => EACH }) }));
  t.probe.reaches = 'rfb';
  const starting = new AbortController();
  const first = t.up({ client: BRUNO }, { signal: starting.signal }, t.asProcess(200));
  await eventually(() => t.probe.targets.length === 1);
  expect(await t.up({ stage: 'rfb' })).toMatchObject({ outcome: 'created' });
  await expect(t.up({ client: clientOf('333.333.333-33') })).rejects.toMatchObject({ code: 'NO_MEMORY' });
  starting.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
});

test('where nobody can tell how much is free, where nobody is to look, and on an engine elsewhere, every desktop is started', async () => {
  for (const t of [createTestDesktops(), withRoomFor(0, createTestDesktops({ installation: { reserveMemory: 'off' } })), withRoomFor(0, createTestDesktops({ local: false }))]) {
    expect(await t.up()).toMatchObject({ outcome: 'created' });
    expect(t.store.state).not.toHaveProperty('promises');
  }
});

test('a stopped desktop is started only where there is memory; a running or paused one costs none', async () => {
  const t = withRoomFor(1);
  await t.up();
  const [container] = t.engine.world.all;
  t.memory.freeBytes = 0;
  expect((await t.up()).outcome).toBe('reused');
  await t.engine.containers.pause(container?.id ?? ('' as never));
  expect((await t.up()).outcome).toBe('woken');
  t.engine.world.end(container?.name ?? '', 0);
  await expect(t.up()).rejects.toMatchObject({ code: 'NO_MEMORY' });
  expect(container?.state).toBe('exited');
  t.memory.freeBytes = 2 * EACH;
  expect((await t.up()).outcome).toBe('started');
  expect(t.store.state).not.toHaveProperty('promises');
});

test('--recreate leaves the memory of the old one to the new one; a stopped one is not lost to a host without room', async () => {
  const t = withRoomFor(1);
  const { desktop } = await t.up();
  expect(await t.up({ recreate: true })).toMatchObject({ outcome: 'replaced' });
  const [container] = t.engine.world.all;
  expect(container?.spec.labels['io.vncctl.desktop']).not.toBe(desktop.id);
  t.engine.world.end(container?.name ?? '', 0);
  t.memory.freeBytes = EACH;
  await expect(t.up({ recreate: true })).rejects.toMatchObject({ code: 'NO_MEMORY' });
  expect(t.engine.world.all).toEqual([container]);
});

test('the failure names the desktop that nobody has used for longest', async () => {
  const t = withRoomFor(1);
  await t.up();
  t.clock.advance(3_600_000);
  await expect(t.up({ client: BRUNO })).rejects.toMatchObject({ hint: expect.stringContaining('111.444.777-35 (not used for 1h): vncctl rm 111.444.777-35') as string });
});

test('what an up that ends before the page is painted has promised counts on for a minute', async () => {
  const t = withRoomFor(1);
  t.memory.takenEach = 0;
  await t.up({ stage: 'running' }, {}, t.asProcess(200));
  t.alive.delete(200);
  await expect(t.up({ client: BRUNO })).rejects.toMatchObject({ code: 'NO_MEMORY' });
  t.clock.advance(60_000);
  expect(await t.up({ client: BRUNO })).toMatchObject({ outcome: 'created' });
  expect(t.store.state).not.toHaveProperty('promises');
});

test('nothing stays promised to a desktop that is removed', async () => {
  const t = withRoomFor(1);
  await t.up({ stage: 'running' });
  expect(t.store.state.promises).toMatchObject([{ started: true }]);
  await removeDesktops(t.desktops, await listDesktops(t.desktops), { signal: new AbortController().signal, cause: 'test' });
  expect(t.store.state).toEqual({ allocations: {}, reservations: [] });
});

test('whoever waits is served first come, first served, and says at which place it waits', async () => {
  const t = withRoomFor(1);
  await t.up();
  const order: string[] = [];
  const lines: string[] = [];
  const waiters = ['a', 'b', 'c'].map((name, index) => async () => {
    await t.up({ client: clientOf(name), queueMs: 60_000 }, { onProgress: (line) => lines.push(`${name}: ${line}`) }, t.asProcess(300 + index));
    order.push(name);
    // Its end makes room for the next.
    t.engine.world.vanish(`vnc_${name}`);
  });
  const running: Promise<void>[] = [];
  for (const [index, start] of waiters.entries()) {
    running.push(start());
    await eventually(() => waiting(t) === index + 1);
  }
  // Who comes later without waiting gets nothing that they wait for.
  t.engine.world.vanish('vnc_11144477735');
  await Promise.all(running);
  expect(order).toEqual(['a', 'b', 'c']);
  expect(lines).toContain('c: waiting for memory for 1m at most, at place 3 of 3');
  expect(lines).toContain('c: waiting for memory for 1m at most, at place 1 of 1');
  expect(waiting(t)).toBe(0);
});

test('who comes later gets no room that somebody waits for', async () => {
  const t = withRoomFor(1);
  t.store.put({ queue: [{ desktop: 'other' as DesktopId, bytes: EACH, pid: 100, at: t.clock.now().toISOString(), until: '2031-01-01T00:00:00.000Z' }] });
  await expect(t.up()).rejects.toMatchObject({ code: 'NO_MEMORY', message: expect.stringContaining('256m of it promised') as string });
  t.memory.freeBytes = 3 * EACH;
  expect(await t.up()).toMatchObject({ outcome: 'created' });
});

test('who comes later gets no port that somebody waits for', async () => {
  const t = createTestDesktops({ installation: { ports: { min: 5000, max: 5001 } } });
  const waiter = { desktop: 'other' as DesktopId, bytes: EACH, pid: 100, at: t.clock.now().toISOString(), until: '2031-01-01T00:00:00.000Z' };
  t.store.put({ queue: [{ ...waiter, port: true }] });
  expect(await t.up()).toMatchObject({ desktop: { hostPort: 5000 } });
  await expect(t.up({ client: BRUNO })).rejects.toMatchObject({ code: 'NO_FREE_PORT' });
  t.store.put({ queue: [waiter] });
  expect(await t.up({ client: BRUNO })).toMatchObject({ desktop: { hostPort: 5001 } });
});

test('a killed one that waited keeps nobody from their turn', async () => {
  const t = withRoomFor(1);
  t.store.put({ queue: [{ desktop: 'other' as DesktopId, bytes: EACH, pid: 999, at: t.clock.now().toISOString(), until: '2031-01-01T00:00:00.000Z' }] });
  expect(await t.up()).toMatchObject({ outcome: 'created' });
  expect(waiting(t)).toBe(0);
});

test('when the time is over it fails as it would have at once, and Ctrl-C ends it: neither stays in the queue', async () => {
  const t = withRoomFor(0);
  await expect(t.up({ queueMs: 3_000 })).rejects.toMatchObject({ code: 'NO_MEMORY' });
  expect(t.clock.monotonicMs()).toBeGreaterThanOrEqual(3_000);
  expect(waiting(t)).toBe(0);

  const interrupted = new AbortController();
  const promise = t.up({ queueMs: 60_000 }, { signal: interrupted.signal, onProgress: () => interrupted.abort(new Error('Ctrl-C')) });
  await expect(promise).rejects.toThrow('Ctrl-C');
  expect(waiting(t)).toBe(0);
  expect(t.engine.world.all).toEqual([]);
});

test('a port is waited for in the same queue', async () => {
  const t = createTestDesktops({ installation: { ports: { min: 5000, max: 5000 } } });
  await t.up();
  await expect(t.up({ client: BRUNO })).rejects.toMatchObject({ code: 'NO_FREE_PORT' });
  const lines: string[] = [];
  const promise = t.up({ client: BRUNO, queueMs: 60_000 }, { onProgress: (line) => lines.push(line) });
  await eventually(() => waiting(t) === 1);
  t.engine.world.vanish('vnc_11144477735');
  expect(await promise).toMatchObject({ outcome: 'created', desktop: { hostPort: 5000 } });
  expect(lines).toEqual(['waiting for a port for 1m at most, at place 1 of 1']);
});

test('where memory is short, as many warm desktops give way as are needed, the oldest first', async () => {
  const t = createWarmDesktops(3);
  await t.fill();
  withRoomFor(3, t);
  const oldest = t.members()[0] ?? '';
  expect(await t.up({ wishes: { env: { LANGUAGE: 'en' } } })).toMatchObject({ outcome: 'created' });
  expect(t.members()).toHaveLength(2);
  expect(t.members()).not.toContain(oldest);
});

test('warm desktops do not go for nothing: neither for a claim, nor where all of them would not be enough, nor for a port that they do not hold', async () => {
  const t = createWarmDesktops(2);
  await t.fill();
  t.memory.freeBytes = 0;
  expect(await t.up()).toMatchObject({ outcome: 'claimed' });
  await expect(t.up({ client: BRUNO, wishes: { env: { LANGUAGE: 'en' } } })).rejects.toMatchObject({ code: 'NO_MEMORY' });
  expect(t.members()).toHaveLength(1);

  const behindGateway = createWarmDesktops(1, { gateway: LOCAL_GATEWAY, installation: { ports: { min: 5000, max: 5000 } } });
  await behindGateway.fill();
  await behindGateway.up({ client: BRUNO, wishes: { env: {}, direct: true } });
  await expect(behindGateway.up({ wishes: { env: {}, direct: true } })).rejects.toMatchObject({ code: 'NO_FREE_PORT' });
  expect(behindGateway.members()).toHaveLength(1);
});

test('who gives way holds what is lacking', () => {
  const member = (name: string, over: Partial<Member> = {}): Member => ({ name, image: 'kiosk', state: 'paused', createdAt: at(0), ...over }) as Member;
  const members = [member('b'), member('old', { createdAt: at(-1) }), member('port', { hostPort: 5000 }), member('ended', { state: 'exited' })];
  const names = (of: 'memory' | 'port', bytes = 0): string[] => whoGivesWay(members, { of, bytes }, () => 10).map(({ name }) => name);
  expect(names('memory', 30)).toEqual(['old', 'b', 'port']);
  expect(names('memory', 31)).toEqual([]);
  expect(names('port')).toEqual(['port']);
});

test('a promise counts for a minute, and while its process lives or its desktop runs; a waiter until their time', () => {
  const promise = (pid: number, ms: number, started?: true) => ({ desktop: `${pid}` as DesktopId, bytes: 1, pid, at: at(ms), ...(started ? { started } : {}) });
  const promises = [promise(1, -59_999), promise(1, -60_000), promise(2, 0), promise(2, 0, true)];
  expect(livePromises(promises, now, (pid) => pid === 1)).toEqual([promises[0], promises[3]]);
  const waiter = (pid: number, ms: number) => ({ desktop: `${pid}` as DesktopId, bytes: 1, pid, at: at(0), until: at(ms) });
  const queue = [waiter(1, 1), waiter(1, 0), waiter(2, 1)];
  expect(liveWaiters(queue, now, (pid) => pid === 1)).toEqual([queue[0]]);
});

test('an unknown is no number: nothing is known to be spare', () => {
  expect(spareBytes({ availableBytes: undefined, reserveBytes: 1, promisedBytes: 1 })).toBeUndefined();
  expect(spareBytes({ availableBytes: 9, reserveBytes: 'off', promisedBytes: 1 })).toBeUndefined();
  expect(spareBytes({ availableBytes: 9, reserveBytes: 4, promisedBytes: 7 })).toBe(-2);
});

test('a desktop needs no more than it may take', () => {
  const entry = exampleEntry();
  expect(needsOf(entry)).toBe(EACH);
  expect(needsOf(entry, 64 * MIB)).toBe(64 * MIB);
});

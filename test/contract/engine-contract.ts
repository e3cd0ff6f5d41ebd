// The obligations of an Engine (src/core/engine.ts), one suite for every implementation: the tests' fake and the real ones.
// What an implementation has to bring is EngineUnderTest; everything made here carries its labels and is removed again.
import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { CallOptions, ContainerDetails, ContainerEvent, ContainerId, ContainerSpec, Engine } from '../../src/core/engine.ts';
import { memberName, newDesktopId } from '../../src/core/identity.ts';
import { encodeLabels, LABEL, ownershipLabels } from '../../src/core/labels.ts';
import { LOCK_LIFE_MS, type LockSubject, markerLocks, type MemberLocks } from '../../src/core/member-locks.ts';
import { type Filling, fillPool, lookAtPool, type PoolLook } from '../../src/core/pool.ts';
import { type ErrorCode, isVncctlError } from '../../src/errors.ts';
import { createTestDesktops } from '../support/test-desktops.ts';

export interface EngineUnderTest {
  engine: Engine;
  /** An image whose program does what its variable PROGRAM says: see `Program`. */
  image: string;
  /** The same with a health check that soon succeeds. */
  checkedImage: string;
  /** What images can be built from. */
  base: string;
  /** Another program of the host listens on a port of loopback. */
  occupyPort(): Promise<{ port: number; release(): Promise<void> }>;
  freePort(): Promise<number>;
  /** An engine that takes calls and never answers, with a default deadline of 100 ms; `asked` resolves once a call has reached it. */
  hungEngine(): Promise<{ hung: Engine; asked: () => Promise<void> }>;
  /** An engine where nobody answers. */
  refusedEngine(): Promise<Engine>;
  /** Removes what this interface can't: images. */
  dispose(tags: readonly string[]): Promise<void>;
}

/** `wait` says ready and ends with 0 when asked to; `stubborn` says so and doesn't, but ends with 3 on SIGUSR1; `fail` says one, two, three and ends with 7; `hungry` takes memory without end. */
export type Program = 'wait' | 'stubborn' | 'fail' | 'hungry';

/** The instance and run that everything made here belongs to. */
export const CONTRACT_RUN = `contract-${randomBytes(4).toString('hex')}`;
const LABELS = { 'io.vncctl.test': CONTRACT_RUN };
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const MIB = 1024 ** 2;

/** A build context of the given files. */
export function contextOf(files: Readonly<Record<string, string>>): Readable {
  const archive = pack();
  const output = archive.pipe(new PassThrough());
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return output;
}

export function describeEngineContract(kind: string, setUp: () => Promise<EngineUnderTest>): void {
  describe(`the engine contract: ${kind}`, () => {
    let its: EngineUnderTest;
    let engine: Engine;
    let ready = false;
    let count = 0;
    const tags: string[] = [];
    const network = `${CONTRACT_RUN}-net`;

    beforeAll(async () => {
      its = await setUp();
      engine = its.engine;
      await engine.networks.create({ name: network, labels: LABELS });
      ready = true;
    });
    afterEach(async () => {
      for (const { id } of await engine.containers.list({ labels: LABELS })) await engine.containers.remove(id);
    });
    afterAll(async () => {
      if (!ready) return;
      await engine.networks.remove(network);
      await its.dispose(tags);
      engine.close();
    });

    const newName = (): string => `${CONTRACT_RUN}-${++count}`;
    const spec = (program: Program, over: Partial<ContainerSpec> = {}): ContainerSpec => ({
      image: its.image,
      env: { PROGRAM: program },
      labels: LABELS,
      network,
      limits: { cpus: 0.5, memoryBytes: 64 * MIB, pids: 50, shmSizeBytes: 16 * MIB },
      user: '65534:65534',
      capabilities: [],
      tmpfs: { '/tmp': 'rw,size=1m' },
      init: 'engine',
      stopGraceSeconds: 1,
      logMaxBytes: MIB,
      ...over,
    });
    const publish = (hostPort: number): Partial<ContainerSpec> => ({ publish: { containerPort: 6080, hostPort, hostAddress: '127.0.0.1' } });
    const create = (program: Program, over?: Partial<ContainerSpec>, name = newName()): Promise<ContainerId> => engine.containers.create(name, spec(program, over));
    const started = async (program: Program, over?: Partial<ContainerSpec>, name?: string): Promise<ContainerId> => {
      const id = await create(program, over, name);
      await engine.containers.start(id);
      await readyForSignals(id, program);
      return id;
    };
    // A shell that is asked to end before it has read its first line does not end as its script says.
    const readyForSignals = async (id: ContainerId, program: Program): Promise<void> => {
      if (program !== 'wait' && program !== 'stubborn') return;
      await expect.poll(() => engine.containers.logs(id, 1), { interval: 20, timeout: 10_000 }).toEqual(['ready']);
    };
    const get = async (id: ContainerId): Promise<ContainerDetails> => {
      const container = await engine.containers.find(id);
      if (!container) throw new Error(`${id} is not there`);
      return container;
    };

    describe('names', () => {
      test('a name in use is refused with NAME_TAKEN', async () => {
        const name = newName();
        await create('wait', {}, name);
        await expectCode(create('wait', {}, name), 'NAME_TAKEN');
      });

      test('of ten creates of one name at once one wins and nine are told NAME_TAKEN', async () => {
        const name = newName();
        const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => create('wait', {}, name)));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const outcome of outcomes) if (outcome.status === 'rejected') expect(codeOf(outcome.reason)).toBe('NAME_TAKEN');
        expect(await engine.containers.list({ labels: LABELS })).toHaveLength(1);
      });

      test('an image that is not there is refused with IMAGE_NOT_FOUND', async () => {
        await expectCode(create('wait', { image: `vncctl/none-such:${CONTRACT_RUN}` }), 'IMAGE_NOT_FOUND');
      });

      test('an image is taken by its id too', async () => {
        const image = await engine.images.find(its.image);
        const id = await create('wait', { image: image?.id ?? '' });
        expect((await get(id)).imageId).toBe(image?.id);
      });

      test('a container is found by its name and by its id, and not under another name', async () => {
        const name = newName();
        const id = await create('wait', {}, name);
        expect((await engine.containers.find(name))?.id).toBe(id);
        expect((await engine.containers.find(id))?.name).toBe(name);
        expect(await engine.containers.find(`${name}-other`)).toBeUndefined();
      });
    });

    describe('what is told of a container', () => {
      test('a list holds what carries all the labels, running or not, and nothing else', async () => {
        const marked = { ...LABELS, 'io.vncctl.test.group': 'a' };
        const never = await create('wait', { labels: marked });
        const running = await started('wait', { labels: marked });
        const ended = await started('fail', { labels: marked });
        await engine.containers.waitForExit(ended);
        await create('wait', { labels: { ...LABELS, 'io.vncctl.test.group': 'b' } });

        const rows = await engine.containers.list({ labels: marked });
        expect(new Map(rows.map(({ id, state }) => [id, state]))).toEqual(
          new Map([
            [never, 'created'],
            [running, 'running'],
            [ended, 'exited'],
          ]),
        );
        expect(rows.find(({ id }) => id === ended)?.exitCode).toBe(7);
      });

      test('a list row says the same as a look at the container', async () => {
        const hostPort = await its.freePort();
        const id = await started('wait', publish(hostPort));
        const [row] = await engine.containers.list({ labels: LABELS });
        const { env: _env, limits: _limits, outOfMemory: _memory, startedAt: _started, pid: _pid, createdAt, ...summary } = await get(id);
        expect(row).toMatchObject(summary);
        expect(row?.createdAt.slice(0, 19)).toBe(createdAt.slice(0, 19));
      });

      test('environment, limits, labels, image and times are told as they were given', async () => {
        const id = await started('wait', { env: { PROGRAM: 'wait', GREETING: 'a=b c' } });
        const container = await get(id);
        expect(container.env).toMatchObject({ PROGRAM: 'wait', GREETING: 'a=b c' });
        expect(container.limits).toEqual({ cpus: 0.5, memoryBytes: 64 * MIB });
        expect(container.labels).toMatchObject(LABELS);
        expect(`/${container.image}`.endsWith(`/${its.image}`)).toBe(true);
        expect(container.imageId).toBe((await engine.images.find(its.image))?.id);
        expect(container.createdAt).toMatch(ISO);
        expect(container.startedAt).toMatch(ISO);
        expect(container).not.toHaveProperty('exitCode');
      });

      test('a running container tells its port and an address; an ended one neither, but its exit code and end', async () => {
        const hostPort = await its.freePort();
        const id = await started('wait', publish(hostPort));
        const running = await get(id);
        expect(running.ports).toEqual([{ containerPort: 6080, hostPort, hostAddress: '127.0.0.1' }]);
        if (engine.capabilities.local) {
          expect(running.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
          expect(running.pid).toBeGreaterThan(0);
        }

        await engine.containers.stop(id, 5);
        const ended = await get(id);
        expect(ended).toMatchObject({ state: 'exited', ports: [], exitCode: 0, outOfMemory: false });
        expect(ended).not.toHaveProperty('address');
        expect(ended).not.toHaveProperty('pid');
        expect(ended.finishedAt).toMatch(ISO);
      });

      test('an end for want of memory is told', async () => {
        const id = await started('hungry', { limits: { cpus: 1, memoryBytes: 16 * MIB, pids: 50, shmSizeBytes: 16 * MIB } });
        expect(await engine.containers.waitForExit(id)).toBe(137);
        expect(await get(id)).toMatchObject({ state: 'exited', outOfMemory: true });
      });

      test('an image without a health check has health none; with one it is first starting, then healthy', async () => {
        expect(await get(await started('wait'))).toMatchObject({ health: 'none' });
        const checked = await started('wait', { image: its.checkedImage });
        expect((await get(checked)).health).toBe('starting');
        await expect.poll(async () => (await get(checked)).health, { timeout: 10_000 }).toBe('healthy');
        const rows = await engine.containers.list({ labels: LABELS });
        expect(rows.find(({ id }) => id === checked)?.health).toBe('healthy');
      });
    });

    describe('start', () => {
      test('starting a running container changes nothing', async () => {
        const id = await started('wait');
        const before = (await get(id)).startedAt;
        await engine.containers.start(id);
        expect((await get(id)).startedAt).toBe(before);
      });

      test('an ended container starts again', async () => {
        const id = await started('wait');
        await engine.containers.stop(id, 5);
        await engine.containers.start(id);
        const container = await get(id);
        expect(container.state).toBe('running');
        expect(container).not.toHaveProperty('exitCode');
      });

      test('a port that another program of the host listens on is told as NO_FREE_PORT, and the container starts once it is free', async () => {
        const taken = await its.occupyPort();
        const id = await create('wait', publish(taken.port));
        try {
          await expectCode(engine.containers.start(id), 'NO_FREE_PORT');
          expect((await get(id)).state).not.toBe('running');
        } finally {
          await taken.release();
        }
        await engine.containers.start(id);
        expect((await get(id)).state).toBe('running');
      });

      test('a port that another container publishes is told as NO_FREE_PORT', async () => {
        const hostPort = await its.freePort();
        await started('wait', publish(hostPort));
        await expectCode(started('wait', publish(hostPort)), 'NO_FREE_PORT');
      });

      test('a removed container is told as DESKTOP_NOT_FOUND', async () => {
        const id = await create('wait');
        await engine.containers.remove(id);
        await expectCode(engine.containers.start(id), 'DESKTOP_NOT_FOUND');
      });

      test('a network that is not there is told as NETWORK_NOT_FOUND', async () => {
        await expectCode(started('wait', { network: `${CONTRACT_RUN}-none-such` }), 'NETWORK_NOT_FOUND');
      });

      test('a stopped container whose network was removed and made anew is told NETWORK_NOT_FOUND: it asks for the old one', async () => {
        const other = `${CONTRACT_RUN}-again`;
        await engine.networks.create({ name: other, labels: LABELS });
        try {
          const id = await started('wait', { network: other });
          await engine.containers.stop(id, 5);
          await engine.networks.remove(other);
          await engine.networks.create({ name: other, labels: LABELS });
          await expectCode(engine.containers.start(id), 'NETWORK_NOT_FOUND');
        } finally {
          await engine.networks.remove(other);
        }
      });
    });

    describe('stop, pause and remove', () => {
      test('stop asks the program to end', async () => {
        const id = await started('wait');
        await engine.containers.stop(id, 10);
        expect(await get(id)).toMatchObject({ state: 'exited', exitCode: 0 });
      });

      test('stop kills a program that does not end within the grace', async () => {
        const id = await started('stubborn');
        await engine.containers.stop(id, 1);
        expect(await get(id)).toMatchObject({ state: 'exited', exitCode: 137 });
      });

      test('stop asks by another signal where one is named', async () => {
        const id = await started('stubborn');
        await engine.containers.stop(id, 10, { stopSignal: 'SIGUSR1' });
        expect(await get(id)).toMatchObject({ state: 'exited', exitCode: 3 });
      });

      test('a program that does not end by that signal within the grace is killed', async () => {
        const id = await started('stubborn');
        await engine.containers.stop(id, 1, { stopSignal: 'SIGTERM' });
        expect(await get(id)).toMatchObject({ state: 'exited', exitCode: 137 });
      });

      test.each([{}, { stopSignal: 'SIGUSR1' }])('stopping what has ended, never ran or is gone is success: %o', async (how) => {
        const id = await create('wait');
        await engine.containers.stop(id, 1, how);
        await engine.containers.start(id);
        await engine.containers.stop(id, 1, how);
        await engine.containers.stop(id, 1, how);
        await engine.containers.remove(id);
        await engine.containers.stop(id, 5, how);
      });

      test('a renamed container is found by its new name only, and a name in use is refused', async () => {
        const [first, second, third] = [newName(), newName(), newName()];
        const id = await engine.containers.create(first, spec('wait'));
        await engine.containers.create(second, spec('wait'));
        await engine.containers.rename(id, third);
        await engine.containers.rename(id, third);
        expect((await engine.containers.find(third))?.id).toBe(id);
        expect(await engine.containers.find(first)).toBeUndefined();
        await expect(engine.containers.rename(id, second)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
        await engine.containers.remove(id);
        await expect(engine.containers.rename(id, first)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
      });

      test('a rename that names the old name is done to a container of that name only, paused or not', async () => {
        const [first, second, third] = [newName(), newName(), newName()];
        const id = await started('wait', {}, first);
        await engine.containers.pause(id);
        await engine.containers.rename(id, second, { from: first });
        expect((await get(id)).name).toBe(second);
        await expect(engine.containers.rename(id, third, { from: first })).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
        expect((await get(id)).name).toBe(second);
        await create('wait', {}, third);
        await expect(engine.containers.rename(id, third, { from: second })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
      });

      test.each(['running', 'paused', 'created'])('the limits of a %s container can be changed, up and down, as far as the engine can', async (state) => {
        expect(engine.capabilities.canUpdateLimits).toBe(true);
        const id = await (state === 'created' ? create : started)('wait');
        if (state === 'paused') await engine.containers.pause(id);
        for (const limits of [{ cpus: 1, memoryBytes: 128 * MIB }, { cpus: 0.25, memoryBytes: 32 * MIB }]) {
          await engine.containers.updateLimits(id, limits);
          expect((await get(id)).limits).toEqual(limits);
        }
        await expect(engine.containers.updateLimits(id, { cpus: 1, memoryBytes: 1024 })).rejects.toMatchObject({ code: 'USAGE' });
        await engine.containers.remove(id);
        await expect(engine.containers.updateLimits(id, { cpus: 1, memoryBytes: 64 * MIB })).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
      });

      test('what a container has used of the processors is told while it runs, and not of one that does not', async () => {
        const id = await started('wait');
        const used = await engine.containers.cpuMs(id);
        expect(used).toBeGreaterThan(0);
        await engine.containers.pause(id);
        expect(await engine.containers.cpuMs(id)).toBeGreaterThanOrEqual(used ?? 0);
        await engine.containers.unpause(id);
        await engine.containers.stop(id, 1);
        expect(await engine.containers.cpuMs(id)).toBeUndefined();
        expect(await engine.containers.cpuMs(await create('wait'))).toBeUndefined();
        await engine.containers.remove(id);
        expect(await engine.containers.cpuMs(id)).toBeUndefined();
      });

      test('what a container has written to the disk is told while it is there, running or not', async () => {
        const id = await started('wait');
        const fresh = await engine.containers.writtenBytes(id);
        expect(fresh).toBeGreaterThanOrEqual(0);
        expect(fresh).toBeLessThan(MIB);
        await engine.containers.stop(id, 1);
        expect(await engine.containers.writtenBytes(id)).toBeGreaterThanOrEqual(0);
        await engine.containers.remove(id);
        expect(await engine.containers.writtenBytes(id)).toBeUndefined();
      });

      test('what a container holds of the memory is told while it runs, paused too, and not of one that does not', async () => {
        const id = await started('wait');
        expect(await engine.containers.memoryBytes(id)).toBeGreaterThan(0);
        expect(await engine.containers.memoryBytes(id)).toBeLessThan(64 * MIB);
        await engine.containers.pause(id);
        expect(await engine.containers.memoryBytes(id)).toBeGreaterThan(0);
        await engine.containers.unpause(id);
        await engine.containers.stop(id, 1);
        expect(await engine.containers.memoryBytes(id)).toBeUndefined();
        await engine.containers.remove(id);
        expect(await engine.containers.memoryBytes(id)).toBeUndefined();
      });

      test('a paused container says so, wakes on unpause, and waking twice changes nothing', async () => {
        const id = await started('wait');
        await engine.containers.pause(id);
        expect((await get(id)).state).toBe('paused');
        await engine.containers.unpause(id);
        await engine.containers.unpause(id);
        expect((await get(id)).state).toBe('running');
      });

      test('pausing or waking one that is gone is told as DESKTOP_NOT_FOUND; waking one that has ended changes nothing', async () => {
        const id = await started('wait');
        await engine.containers.stop(id, 5);
        await engine.containers.unpause(id);
        expect((await get(id)).state).toBe('exited');
        await engine.containers.remove(id);
        await expectCode(engine.containers.pause(id), 'DESKTOP_NOT_FOUND');
        await expectCode(engine.containers.unpause(id), 'DESKTOP_NOT_FOUND');
      });

      test('a paused container can be stopped', async () => {
        const id = await started('wait');
        await engine.containers.pause(id);
        await engine.containers.stop(id, 5);
        expect((await get(id)).state).toBe('exited');
      });

      test.each(['running', 'paused', 'created'])('a %s container is removed, and its name is free when the call returns', async (state) => {
        const name = newName();
        const id = await create('wait', {}, name);
        if (state !== 'created') await engine.containers.start(id);
        if (state === 'paused') await engine.containers.pause(id);
        await engine.containers.remove(id);
        expect(await engine.containers.find(name)).toBeUndefined();
        await create('wait', {}, name);
      });

      test('removing what is gone is success', async () => {
        const id = await create('wait');
        await engine.containers.remove(id);
        await engine.containers.remove(id);
      });

      test('of two removes at once both return only when the name is free', async () => {
        const name = newName();
        const id = await started('wait', {}, name);
        const remove = async (): Promise<ContainerDetails | undefined> => {
          await engine.containers.remove(id);
          return engine.containers.find(name);
        };
        expect(await Promise.all([remove(), remove()])).toEqual([undefined, undefined]);
        await create('wait', {}, name);
      });

      test('the port of a removed container is free at once', async () => {
        const hostPort = await its.freePort();
        await engine.containers.remove(await started('wait', publish(hostPort)));
        await started('wait', publish(hostPort));
      });
    });

    describe('watching and talking to the program', () => {
      test('waiting for the end tells the exit code, also when it had ended before', async () => {
        const id = await started('fail');
        expect(await engine.containers.waitForExit(id)).toBe(7);
        expect(await engine.containers.waitForExit(id)).toBe(7);
      });

      test('waiting ends when the container is stopped or removed by somebody else, and at once when it is gone', async () => {
        const stopped = await started('wait');
        const end = engine.containers.waitForExit(stopped);
        await engine.containers.stop(stopped, 5);
        expect(await end).toBe(0);

        const removed = await started('wait');
        const removal = engine.containers.waitForExit(removed);
        await engine.containers.remove(removed);
        await removal;
        expect(await engine.containers.waitForExit(removed)).toBeUndefined();
      });

      test('a program run inside tells its exit code and all it wrote', async () => {
        const id = await started('wait');
        const { exitCode, output } = await engine.containers.exec(id, ['sh', '-c', 'echo said; echo wrong >&2; exit 3']);
        expect(exitCode).toBe(3);
        expect(output.split('\n').sort()).toEqual(['', 'said', 'wrong']);
        expect(await engine.containers.exec(id, ['true'])).toEqual({ exitCode: 0, output: '' });
      });

      test('nothing is run in a container that is not running: kind engine', async () => {
        const failure = await engine.containers.exec(await create('wait'), ['true']).catch((error: unknown) => error);
        expect(isVncctlError(failure) && failure.kind).toBe('engine');
      });

      test('the log gives its last lines, oldest first', async () => {
        const id = await started('fail');
        await engine.containers.waitForExit(id);
        expect((await engine.containers.logs(id, 10)).sort()).toEqual(['one', 'three', 'two']);
        expect(await engine.containers.logs(id, 1)).toEqual(['three']);
      });

      test('a container that never wrote, or is gone, has an empty log', async () => {
        const id = await create('wait');
        expect(await engine.containers.logs(id, 10)).toEqual([]);
        await engine.containers.remove(id);
        expect(await engine.containers.logs(id, 10)).toEqual([]);
      });
    });

    describe('usage', () => {
      test('of a running one there is memory, and processor time that does not go back', async () => {
        const id = await started('wait');
        const first = await engine.containers.usage(id);
        expect(first?.memoryBytes).toBeGreaterThan(0);
        expect(first?.memoryLimitBytes).toBe((await get(id)).limits.memoryBytes);
        expect((await engine.containers.usage(id))?.cpuNanoseconds).toBeGreaterThanOrEqual(first?.cpuNanoseconds ?? Number.NaN);
      });

      test('of a paused one it can be told too; of one that has ended, or is gone, there is nothing', async () => {
        const id = await started('wait');
        await engine.containers.pause(id);
        expect((await engine.containers.usage(id))?.memoryBytes).toBeGreaterThan(0);
        await engine.containers.unpause(id);
        await engine.containers.stop(id, 0);
        expect(await engine.containers.usage(id)).toBeUndefined();
        await engine.containers.remove(id);
        expect(await engine.containers.usage(id)).toBeUndefined();
      });
    });

    describe('events', () => {
      /** Listens from before it resolves until the test ends. */
      const listen = async (labels: Readonly<Record<string, string>>): Promise<{ heard: ContainerEvent[]; stop: (reason: unknown) => void; end: Promise<unknown> }> => {
        const heard: ContainerEvent[] = [];
        const controller = new AbortController();
        let opened = (): void => {};
        const open = new Promise<void>((resolve) => {
          opened = resolve;
        });
        const follow = async (): Promise<void> => {
          for await (const event of engine.containers.events({ labels }, { signal: controller.signal, onOpen: opened })) heard.push(event);
        };
        const end = follow().catch((error: unknown) => error);
        onTestFinished(async () => {
          controller.abort();
          await end;
        });
        await open;
        return { heard, stop: (reason) => controller.abort(reason), end };
      };
      const hears = async (heard: readonly ContainerEvent[], count: number): Promise<void> => {
        await expect.poll(() => heard.length, { interval: 5, timeout: 10_000 }).toBe(count);
      };

      test('a life is told in its order, each event once, with the name from then on, the labels and the moment', async () => {
        const { heard } = await listen(LABELS);
        const [first, second] = [newName(), newName()];
        const before = Date.now();
        const id = await started('wait', {}, first);
        await engine.containers.rename(id, second);
        await engine.containers.pause(id);
        await engine.containers.unpause(id);
        await engine.containers.stop(id, 5);
        await engine.containers.start(id);
        await readyForSignals(id, 'wait');
        await engine.containers.remove(id);
        await hears(heard, 9);
        expect(heard.map(({ kind: what, name, exitCode }) => [what, name, ...(exitCode === undefined ? [] : [exitCode])])).toEqual([
          ['created', first],
          ['started', first],
          ['renamed', second],
          ['paused', second],
          ['unpaused', second],
          ['died', second, 0],
          ['started', second],
          ['died', second, 137],
          ['removed', second],
        ]);
        for (const event of heard) {
          expect(event.id).toBe(id);
          expect(event.labels).toMatchObject(LABELS);
          expect(event.at).toMatch(ISO);
          expect(Math.abs(Date.parse(event.at) - before)).toBeLessThan(60_000);
        }
      });

      test("the labels of an event are the container's own and no more", async () => {
        const { heard } = await listen(LABELS);
        const id = await create('wait');
        await hears(heard, 1);
        expect(heard[0]?.labels).toEqual((await get(id)).labels);
      });

      test('a program that ends by itself is told with its exit code', async () => {
        const { heard } = await listen(LABELS);
        const id = await started('fail');
        await hears(heard, 3);
        expect(heard[2]).toMatchObject({ kind: 'died', id, exitCode: 7 });
      });

      test('what changes nothing is not told: a name it has, waking twice, removing what is gone', async () => {
        const { heard } = await listen(LABELS);
        const name = newName();
        const id = await started('wait', {}, name);
        await engine.containers.rename(id, name);
        await engine.containers.unpause(id);
        await engine.containers.start(id);
        await engine.containers.remove(id);
        await engine.containers.remove(id);
        await create('wait');
        await hears(heard, 5);
        expect(heard.map(({ kind: what }) => what)).toEqual(['created', 'started', 'died', 'removed', 'created']);
      });

      test('a container is not told of that lacks one of the labels', async () => {
        const marked = { ...LABELS, 'io.vncctl.test.group': 'a' };
        const { heard } = await listen(marked);
        await create('wait');
        await create('wait', { labels: { ...LABELS, 'io.vncctl.test.group': 'b' } });
        const id = await create('wait', { labels: marked });
        await hears(heard, 1);
        expect(heard[0]?.id).toBe(id);
      });

      test('all who listen are told', async () => {
        const [one, other] = [await listen(LABELS), await listen(LABELS)];
        await create('wait');
        await hears(one.heard, 1);
        await hears(other.heard, 1);
      });

      test("an aborted signal ends it with the signal's own reason", async () => {
        const { stop, end } = await listen(LABELS);
        const reason = new Error('enough');
        stop(reason);
        expect(await end).toBe(reason);
      });

      test('who has heard enough leaves, and the engine goes on', async () => {
        const controller = new AbortController();
        let id: ContainerId | undefined;
        for await (const event of engine.containers.events({ labels: LABELS }, { signal: controller.signal, onOpen: () => void create('wait') })) {
          id = event.id;
          break;
        }
        expect((await engine.containers.list({ labels: LABELS })).map((row) => row.id)).toEqual([id]);
      });
    });

    describe('images', () => {
      const tag = (): string => {
        const name = `vncctl/${CONTRACT_RUN}-${++count}:latest`;
        tags.push(name);
        return name;
      };

      test('an image that is not there is not found', async () => {
        expect(await engine.images.find(`vncctl/none-such:${CONTRACT_RUN}`)).toBeUndefined();
      });

      test('a built image is found with its labels, and the build told its progress', async () => {
        const built = tag();
        const lines: string[] = [];
        const context = contextOf({ Dockerfile: 'ARG BASE\nFROM ${BASE}\nRUN echo hello-from-the-build\n' });
        await engine.images.build(context, { tag: built, labels: { ...LABELS, greeting: 'hi' }, args: { BASE: its.base } }, (line) => lines.push(line));
        const image = await engine.images.find(built);
        expect(image?.labels).toMatchObject({ greeting: 'hi' });
        expect(image?.createdAt).toMatch(ISO);
        expect(image?.sizeBytes).toBeGreaterThan(0);
        expect(lines).toContain('hello-from-the-build');
        for (const line of lines) expect(line).not.toMatch(/\n/);
      });

      test('a failed build is BUILD_FAILED with the last lines of the failing step', async () => {
        const context = contextOf({ Dockerfile: 'ARG BASE\nFROM ${BASE}\nRUN echo the-last-words && exit 9\n' });
        const failure = await failureOf(engine.images.build(context, { tag: tag(), labels: LABELS, args: { BASE: its.base } }, () => {}));
        expect(failure.code).toBe('BUILD_FAILED');
        expect(failure.message).toContain('  | the-last-words');
        expect(failure.message).toMatch(/9/);
      });

      test.each([
        ['that holds no Dockerfile', { something: 'else' }],
        ['whose Dockerfile can not be read', { Dockerfile: 'FRO nothing\n' }],
      ])('a context %s is BUILD_FAILED', async (_, files) => {
        await expectCode(
          engine.images.build(contextOf(files as Record<string, string>), { tag: tag(), labels: LABELS, args: {} }, () => {}),
          'BUILD_FAILED',
        );
      });

      test('a root filesystem becomes an image that carries the labels it was given', async () => {
        const imported = tag();
        await engine.images.importRootfs(contextOf({ 'etc/motd': 'hello' }), imported, { labels: { ...LABELS, greeting: 'say "hi" to all' } });
        expect((await engine.images.find(imported))?.labels).toMatchObject({ ...LABELS, greeting: 'say "hi" to all' });
      });

      test('an import of something else is BUILD_FAILED', async () => {
        await expectCode(engine.images.importRootfs(Readable.from([Buffer.alloc(2048, 'no tar ')]), tag()), 'BUILD_FAILED');
      });

      test('a reference that no registry has is PULL_FAILED', async () => {
        await expectCode(
          engine.images.pull(`127.0.0.1:1/vncctl/none-such:${CONTRACT_RUN}`, () => {}),
          'PULL_FAILED',
        );
      });
    });

    describe('networks', () => {
      const other = `${CONTRACT_RUN}-other`;
      afterEach(() => engine.networks.remove(other));

      test('a network made here keeps apart what the engine says it does, and carries its labels and subnet', async () => {
        await engine.networks.create({ name: other, labels: LABELS, subnet: '10.254.77.0/24' });
        const found = await engine.networks.find(other);
        expect(found).toMatchObject({ name: other, isolates: await engine.networks.isolation(), subnets: ['10.254.77.0/24'] });
        expect(found?.labels).toMatchObject(LABELS);
      });

      test('whether its members can be dialled is known before there are any, where one network serves all; and who can be dialled tells an address', async () => {
        const dialable = (await engine.networks.find(network))?.dialable;
        const member = await get(await started('wait'));
        if ((await engine.networks.isolation()) === 'members') expect(dialable).toBe(engine.capabilities.local);
        if (dialable) expect(member.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        expect((await engine.networks.list({ labels: LABELS })).find(({ name }) => name === network)?.dialable).toBe((await engine.networks.find(network))?.dialable);
      });

      test('one that is not there is not found, and removing it is success', async () => {
        expect(await engine.networks.find(other)).toBeUndefined();
        await engine.networks.remove(other);
      });

      test('a list holds the networks that carry all the labels, as a look at each tells them', async () => {
        const marked = { ...LABELS, 'io.vncctl.test.group': 'a' };
        await engine.networks.create({ name: other, labels: marked });
        expect(await engine.networks.list({ labels: marked })).toEqual([await engine.networks.find(other)]);
        expect(await engine.networks.list({ labels: { ...marked, 'io.vncctl.test.group': 'b' } })).toEqual([]);
      });

      test('of ten creates of one name at once there is one network', async () => {
        await Promise.all(Array.from({ length: 10 }, () => engine.networks.create({ name: other, labels: LABELS })));
        expect(await engine.networks.find(other)).toMatchObject({ name: other });
        await engine.networks.remove(other);
        expect(await engine.networks.find(other)).toBeUndefined();
      });

      test('an overlapping subnet is NETWORK_CONFLICT', async () => {
        await engine.networks.create({ name: other, labels: LABELS, subnet: '10.254.77.0/24' });
        await expectCode(engine.networks.create({ name: `${other}-2`, labels: LABELS, subnet: '10.254.77.128/25' }), 'NETWORK_CONFLICT');
        expect(await engine.networks.find(`${other}-2`)).toBeUndefined();
      });

      test('one in use is not removed: NETWORK_CONFLICT', async () => {
        await engine.networks.create({ name: other, labels: LABELS });
        const id = await started('wait', { network: other });
        await expectCode(engine.networks.remove(other), 'NETWORK_CONFLICT');
        await engine.containers.remove(id);
        await engine.networks.remove(other);
        expect(await engine.networks.find(other)).toBeUndefined();
      });
    });

    describe('locks of warm desktops that live in the engine', () => {
      const count = async (labels: Readonly<Record<string, string>>): Promise<number> => (await engine.containers.list({ labels })).length;

      /** An instance whose locks are here, as one machine sees it; what is left of them goes with the test. */
      const newInstance = (): { instance: string; locks: MemberLocks; owned: Record<string, string> } => {
        const instance = newName();
        const owned = ownershipLabels(instance);
        onTestFinished(async () => {
          for (const { id } of await engine.containers.list({ labels: owned })) await engine.containers.remove(id);
        });
        return { instance, locks: markerLocks(engine, instance), owned };
      };
      const newSubject = (): LockSubject => {
        const desktopId = newDesktopId();
        return { desktopId, name: memberName('vnc_', CONTRACT_RUN, desktopId), imageId: its.image };
      };

      test('of ten machines that take one at once one has it, and the others once it is given back; a lock of another is free', async () => {
        const { instance, owned } = newInstance();
        const subject = newSubject();
        const machines = Array.from({ length: 10 }, () => markerLocks(engine, instance));
        const [held, ...more] = (await Promise.all(machines.map((locks) => locks.tryTake(subject)))).filter((release) => release !== undefined);
        expect(more).toEqual([]);
        expect((await engine.containers.list({ labels: owned })).map(({ state }) => state)).toEqual(['created']);
        const [first, other] = machines;
        expect(await first?.tryTake(subject)).toBeUndefined();
        expect(await other?.tryTake(newSubject())).toBeDefined();
        await held?.();
        expect(await other?.tryTake(subject)).toBeDefined();
      });

      test('the warm desktop of a holder that died is left alone as long as its lock counts, and can be taken after the next filling', async () => {
        const { instance, locks, owned } = newInstance();
        const subject = newSubject();
        const labels = { ...LABELS, ...encodeLabels({ instance, desktopId: subject.desktopId, poolKey: 'key', naming: 'plain', imageKey: 'kiosk', specHash: 'spec' }) };
        const member = await create('wait', { labels }, subject.name);
        // Nobody gives it back.
        await locks.tryTake(subject);
        const lock = (await engine.containers.list({ labels: { ...owned, [LABEL.lock]: subject.desktopId } }))[0];
        const takenMs = Date.parse(lock?.createdAt ?? '');
        const { desktops } = createTestDesktops({ installation: { instance, pool: [] } });
        // Nothing is wanted of the pool, so its warm desktop is to go.
        const fillAfter = (ms: number): Promise<Filling> => {
          const clock = { ...systemClock, now: () => new Date(takenMs + ms) };
          return fillPool({ ...desktops, engine, clock, warm: { ...desktops.warm, locks } }, { signal: new AbortController().signal });
        };
        expect((await fillAfter(LOCK_LIFE_MS)).outcomes).toMatchObject([{ result: 'dropped', reason: 'somebody takes or makes it right now' }]);
        expect((await get(member)).name).toBe(subject.name);
        expect(await locks.tryTake(subject)).toBeUndefined();

        expect((await fillAfter(LOCK_LIFE_MS + 1)).outcomes).toMatchObject([{ result: 'done' }]);
        expect(await count(owned)).toBe(0);
        expect(await locks.tryTake(subject)).toBeDefined();
      });

      test('a lock of one that was never made is given up after a minute', async () => {
        const { instance, locks, owned } = newInstance();
        await locks.tryTake(newSubject());
        const [lock] = await engine.containers.list({ labels: owned });
        const { desktops } = createTestDesktops({ installation: { instance, pool: [] } });
        const lookAfter = (ms: number): Promise<PoolLook> => lookAtPool({ ...desktops, engine, clock: { ...systemClock, now: () => new Date(Date.parse(lock?.createdAt ?? '') + ms) } });
        expect((await lookAfter(60_000)).leftLocks).toEqual([]);
        expect((await lookAfter(60_001)).leftLocks).toEqual([lock?.id]);
      });
    });

    describe('the engine itself', () => {
      test('it answers a ping and says who it is', async () => {
        await engine.ping();
        const { version, apiVersion, cpus, memoryBytes, kind: engineKind } = await engine.describe();
        expect(version).toMatch(/^\d+\./);
        expect(apiVersion).toMatch(/^\d+\.\d+$/);
        expect(cpus).toBeGreaterThan(0);
        expect(memoryBytes).toBeGreaterThan(0);
        expect(['docker', 'podman']).toContain(engineKind);
      });

      const id = 'f'.repeat(64) as ContainerId;
      const everyCall: [string, (on: Engine, options: CallOptions) => Promise<unknown>][] = [
        ['ping', (on, options) => on.ping(options)],
        ['describe', (on, options) => on.describe(options)],
        ['containers.list', (on, options) => on.containers.list({ labels: LABELS }, options)],
        ['containers.find', (on, options) => on.containers.find(id, options)],
        ['containers.create', (on, options) => on.containers.create(newName(), spec('wait'), options)],
        ['containers.start', (on, options) => on.containers.start(id, options)],
        ['containers.stop', (on, options) => on.containers.stop(id, 1, options)],
        ['containers.rename', (on, options) => on.containers.rename(id, 'vncctl-none', options)],
        ['containers.updateLimits', (on, options) => on.containers.updateLimits(id, { cpus: 1, memoryBytes: 64 * MIB }, options)],
        ['containers.cpuMs', (on, options) => on.containers.cpuMs(id, options)],
        ['containers.memoryBytes', (on, options) => on.containers.memoryBytes(id, options)],
        ['containers.pause', (on, options) => on.containers.pause(id, options)],
        ['containers.unpause', (on, options) => on.containers.unpause(id, options)],
        ['containers.remove', (on, options) => on.containers.remove(id, options)],
        ['containers.waitForExit', (on, options) => on.containers.waitForExit(id, options)],
        ['containers.exec', (on, options) => on.containers.exec(id, ['true'], options)],
        ['containers.usage', (on, options) => on.containers.usage(id, options)],
        ['containers.logs', (on, options) => on.containers.logs(id, 5, options)],
        ['containers.events', (on, options) => on.containers.events({ labels: LABELS }, options)[Symbol.asyncIterator]().next()],
        ['images.find', (on, options) => on.images.find('vncctl/none', options)],
        ['images.pull', (on, options) => on.images.pull('vncctl/none', () => {}, options)],
        ['images.build', (on, options) => on.images.build(contextOf({ Dockerfile: 'FROM scratch\n' }), { tag: 'vncctl/none', labels: {}, args: {} }, () => {}, options)],
        ['images.importRootfs', (on, options) => on.images.importRootfs(contextOf({ a: 'b' }), 'vncctl/none', options)],
        ['networks.find', (on, options) => on.networks.find('vncctl-none', options)],
        ['networks.isolation', (on, options) => on.networks.isolation(options)],
        ['networks.list', (on, options) => on.networks.list({ labels: LABELS }, options)],
        ['networks.create', (on, options) => on.networks.create({ name: 'vncctl-none', labels: LABELS }, options)],
        ['networks.remove', (on, options) => on.networks.remove('vncctl-none', options)],
      ];

      test.each(everyCall)('%s of an engine that never answers ends with ENGINE_TIMEOUT at its deadline', async (_, call) => {
        const { hung } = await its.hungEngine();
        const before = performance.now();
        await expectCode(call(hung, { deadlineMs: 50 }), 'ENGINE_TIMEOUT');
        expect(performance.now() - before).toBeLessThan(1500);
        hung.close();
      });

      test.each(everyCall)("%s ends with the signal's own reason when that aborts, also when it had aborted before", async (_, call) => {
        const { hung } = await its.hungEngine();
        const reason = new Error('enough');
        const controller = new AbortController();
        const answer = call(hung, { signal: controller.signal, deadlineMs: 5000 }).catch((error: unknown) => error);
        await new Promise(setImmediate);
        controller.abort(reason);
        expect(await answer).toBe(reason);
        expect(await call(hung, { signal: controller.signal }).catch((error: unknown) => error)).toBe(reason);
        hung.close();
      });

      test.each(everyCall)('%s of an engine that is not there is ENGINE_UNREACHABLE with a hint', async (_, call) => {
        const refused = await its.refusedEngine();
        const failure = await failureOf(call(refused, {}));
        expect(failure.code).toBe('ENGINE_UNREACHABLE');
        expect(failure.hint).toBeTruthy();
        refused.close();
      });

      test('a call that names no deadline has the default one', async () => {
        const { hung } = await its.hungEngine();
        await expectCode(hung.ping(), 'ENGINE_TIMEOUT');
        await expectCode(hung.containers.list({ labels: LABELS }), 'ENGINE_TIMEOUT');
        hung.close();
      });

      test('closing ends the calls in flight', async () => {
        const { hung, asked } = await its.hungEngine();
        const answer = failureOf(hung.containers.waitForExit(id));
        await asked();
        hung.close();
        expect((await answer).kind).toBe('engine');
      });
    });
  });
}

async function failureOf(work: Promise<unknown>): Promise<{ code: ErrorCode; kind: string; message: string; hint: string | undefined }> {
  const failure: unknown = await work.then(
    (value) => new Error(`it succeeded with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (isVncctlError(failure)) return failure;
  throw failure;
}

const codeOf = (error: unknown): unknown => (isVncctlError(error) ? error.code : error);

async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  expect((await failureOf(work)).code).toBe(code);
}

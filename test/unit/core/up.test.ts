// `up` on fakes: what it makes, what it finds again, and what it leaves when something goes wrong.
import { expect, test } from 'vitest';
import { listDesktops } from '../../../src/core/list.ts';
import { liveReservations } from '../../../src/core/ports.ts';
import { up } from '../../../src/core/up.ts';
import { VncctlError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { never } from '../../support/fake-calls.ts';
import { ANA, clients, createTestDesktops, exampleEntry, LOCAL_GATEWAY, type TestDesktops } from '../../support/test-desktops.ts';

const NAME = 'vnc_11144477735';

/** No container and no promise of a port is left. */
function expectNothingLeft({ engine, store }: TestDesktops): void {
  expect(engine.world.all.map(({ name }) => name)).toEqual([]);
  expect(store.state.reservations).toEqual([]);
}

/** Runs `action` before the first such call only. */
function once(t: TestDesktops, call: Parameters<TestDesktops['engine']['calls']['before']>[0], action: () => void | Promise<void>): void {
  const stop = t.engine.calls.before(call, async () => {
    stop();
    await action();
  });
}

test('a client without a desktop gets one: running, remembered, with a link that carries the secret in its fragment only', async () => {
  const t = createTestDesktops();
  const result = await t.up();
  const container = t.engine.world.get(NAME);
  const secret = container.spec.env['VNC_SECRET'] ?? '';

  expect(result).toMatchObject({ outcome: 'created', desktop: { client: ANA, status: 'ready', hostPort: 5000, image: 'kiosk' }, notes: [] });
  expect(container.state).toBe('running');
  expect(secret).toMatch(/^\w{8}$/);
  expect(result.link).toBe(`http://localhost:5000/vnc.html#key=${secret}`);
  expect(t.store.state.allocations[result.desktop.id]).toMatchObject({ client: ANA, image: 'kiosk', readyAt: expect.any(String) as string });
  expect(t.store.state.reservations).toEqual([]);
});

test('the phases are told in their order as they happen', async () => {
  const t = createTestDesktops({ prepared: false });
  const heard: string[] = [];
  const { phases } = await t.up({}, { onPhase: ({ name }) => heard.push(name) });
  expect(heard).toEqual(['look', 'image', 'network', 'port', 'create', 'start', 'rfb', 'window', 'page', 'remember']);
  expect(phases.map(({ name }) => name)).toEqual(heard);
});

test('the probe is given the address and the secret of the desktop', async () => {
  const t = createTestDesktops();
  await t.up();
  const { address, spec } = t.engine.world.get(NAME);
  expect(t.probe.targets).toEqual([{ kind: 'tcp', host: address, port: 5900, secret: spec.env['VNC_SECRET'] }]);
});

test('a second up finds the same desktop at the same link', async () => {
  const t = createTestDesktops();
  const first = await t.up();
  const second = await t.up();
  expect(second.outcome).toBe('reused');
  expect(second.link).toBe(first.link);
  expect(t.engine.world.all).toHaveLength(1);
});

test('asking again soon after writes nothing; a minute later it counts as used', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  const before = t.store.state;
  await t.up();
  expect(t.store.state).toBe(before);
  t.clock.advance(61_000);
  await t.up();
  expect(t.store.state.allocations[desktop.id]?.lastUsedAt).toBe(t.clock.now().toISOString());
});

test('a paused desktop is woken and a stopped one started, each on its port', async () => {
  const t = createTestDesktops();
  const { link } = await t.up();
  await t.engine.containers.pause(t.engine.world.get(NAME).id);
  expect(await t.up()).toMatchObject({ outcome: 'woken', link });
  t.engine.world.end(NAME, 0);
  expect(await t.up()).toMatchObject({ outcome: 'started', link });
  expect(t.engine.world.get(NAME).state).toBe('running');
});

test('a paused one that ends as it wakes is started', async () => {
  const t = createTestDesktops();
  const { link } = await t.up();
  await t.engine.containers.pause(t.engine.world.get(NAME).id);
  t.engine.calls.after('containers.unpause', () => t.engine.world.end(NAME, 0));
  expect(await t.up()).toMatchObject({ outcome: 'started', link });
});

test('a dead one is replaced', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.engine.world.get(NAME).state = 'dead';
  const again = await t.up();
  expect(again.outcome).toBe('replaced');
  expect(again.desktop.id).not.toBe(desktop.id);
  expect(t.engine.world.all).toHaveLength(1);
});

test('other wishes keep the running desktop and are told; --recreate fulfils them and forgets the old one', async () => {
  const t = createTestDesktops();
  const first = await t.up();
  const wishes = { env: {}, url: 'https://example.com/' };
  const kept = await t.up({ wishes });
  expect(kept.outcome).toBe('reused');
  expect(kept.notes.join()).toContain('url (default) (asked: https://example.com/)');

  const replaced = await t.up({ wishes, recreate: true });
  expect(replaced).toMatchObject({ outcome: 'replaced', notes: [] });
  expect(t.engine.world.get(NAME).spec.env['KIOSK_URL']).toBe('https://example.com/');
  expect(Object.keys(t.store.state.allocations)).toEqual([replaced.desktop.id]);
  expect(replaced.desktop.id).not.toBe(first.desktop.id);
});

test('a desktop renamed by hand gets its name back and is handed out again', async () => {
  const t = createTestDesktops();
  const { link } = await t.up();
  t.engine.world.get(NAME).name = 'renamed';
  expect(await t.up()).toMatchObject({ outcome: 'reused', link });
  expect(t.engine.world.all.map(({ name }) => name)).toEqual([NAME]);
});

test('a desktop whose record was lost is found by its labels and remembered again', async () => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  t.store.lose();
  expect(await t.up()).toMatchObject({ outcome: 'reused', desktop: { id: desktop.id } });
  expect(Object.keys(t.store.state.allocations)).toEqual([desktop.id]);
});

test('hashed naming keeps the client out of everything the engine is told', async () => {
  const t = createTestDesktops({ installation: { naming: { kind: 'hashed', key: new Uint8Array(32) } } });
  const first = await t.up();
  expect(first.desktop.client).toBe(ANA);
  const [container] = t.engine.world.all;
  expect(JSON.stringify([container?.name, container?.spec])).not.toMatch(/11144477735|111\.444/);
  expect(await t.up()).toMatchObject({ outcome: 'reused', link: first.link });
});

test('twenty clients at once get twenty desktops on twenty ports, and one network', async () => {
  const t = createTestDesktops({ prepared: false });
  const results = await Promise.all(clients(20).map((client, index) => t.up({ client }, {}, t.asProcess(1000 + index))));
  const ports = results.map(({ desktop }) => desktop.hostPort).sort();
  expect(ports).toEqual(Array.from({ length: 20 }, (_, index) => 5000 + index));
  expect(t.engine.world.all.every(({ state }) => state === 'running')).toBe(true);
  expect(t.engine.networkWorld.all).toHaveLength(1);
  expect(t.engine.calls.log.filter((line) => line.startsWith('networks.create'))).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
  expect(Object.keys(t.store.state.allocations)).toHaveLength(20);
});

test.each([2, 5])('%i ups at once for one client end with one desktop and one link', async (count) => {
  const t = createTestDesktops();
  const results = await Promise.all(Array.from({ length: count }, (_, index) => t.up({}, {}, t.asProcess(1000 + index))));
  expect(t.engine.world.all).toHaveLength(1);
  expect(new Set(results.map(({ link }) => link)).size).toBe(1);
  expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
  expect(Object.keys(t.store.state.allocations)).toHaveLength(1);
});

test('a race lost between look and create ends with the desktop of the other', async () => {
  const t = createTestDesktops();
  once(t, 'containers.create', async () => void (await t.up({}, {}, t.asProcess(200))));
  const result = await t.up();
  expect(result).toMatchObject({ outcome: 'reused', desktop: { hostPort: 5001 } });
  expect(t.engine.world.all).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
});

test('a port that another program holds is not handed out', async () => {
  const t = createTestDesktops();
  t.engine.world.takenPorts.add(5000);
  expect((await t.up()).desktop.hostPort).toBe(5001);
});

test('a port taken between look and bind leads to another port, and leaves no second container', async () => {
  const t = createTestDesktops();
  once(t, 'containers.start', () => void t.engine.world.takenPorts.add(5000));
  const result = await t.up();
  expect(result).toMatchObject({ outcome: 'created', desktop: { hostPort: 5001 } });
  expect(t.engine.world.all).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
});

test('where the host can not be asked, a refused port is not tried again', async () => {
  const t = createTestDesktops({ local: false });
  t.engine.world.takenPorts.add(5000).add(5001);
  expect((await t.up()).desktop.hostPort).toBe(5002);
});

test('a stopped desktop whose port was taken meanwhile comes back on another, and says so', async () => {
  const t = createTestDesktops();
  await t.up();
  t.engine.world.end(NAME, 0);
  t.engine.world.takenPorts.add(5000);
  const result = await t.up();
  expect(result.desktop.hostPort).toBe(5001);
  expect(result.notes.join()).toContain('port was taken');
  expect(t.engine.world.all).toHaveLength(1);
});

test('a stopped desktop whose network was made anew is made anew on it, and says so', async () => {
  const t = createTestDesktops();
  await t.up();
  t.engine.world.end(NAME, 0);
  t.engine.networkWorld.vanish('vncctl');
  const result = await t.up();
  expect(t.engine.world.get(NAME).state).toBe('running');
  expect(result.notes.join()).toContain('network');
  expect(t.engine.world.all).toHaveLength(1);
});

test('a network removed between look and start is made again', async () => {
  const t = createTestDesktops();
  once(t, 'containers.start', () => t.engine.networkWorld.vanish('vncctl'));
  expect(await t.up()).toMatchObject({ outcome: 'created' });
  expect(t.engine.world.all).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
});

test('a full range is NO_FREE_PORT, names the range and the desktop idle for longest, and leaves nothing', async () => {
  const t = createTestDesktops({ installation: { ports: { min: 5000, max: 5001 } } });
  t.engine.world.takenPorts.add(5001);
  const [other] = clients(1);
  await t.up({ client: other ?? ANA });
  t.clock.advance(3_600_000);
  const failure: unknown = await t.up().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'NO_FREE_PORT', hint: expect.stringContaining('200.000.000-00 (not used for 1h') as string });
  expect(String(failure)).toContain('between 5000 and 5001: 2 in use (1 by desktops, 1 by other programs)');
  expect(t.engine.world.all).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
});

test('a name held by somebody else is NAME_TAKEN, and theirs is left alone', async () => {
  const t = createTestDesktops();
  t.engine.world.addForeign(NAME);
  await expect(t.up()).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  await expect(t.up({ recreate: true })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(t.engine.world.all).toHaveLength(1);
});

test('a name that somebody else takes between look and create is NAME_TAKEN too', async () => {
  const t = createTestDesktops();
  once(t, 'containers.create', () => void t.engine.world.addForeign(NAME));
  await expect(t.up()).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(t.store.state.reservations).toEqual([]);
});

test('a container that dies while starting shows its last log lines and leaves nothing', async () => {
  const t = createTestDesktops({ programOf: () => ({ lines: ['starting Xvnc', 'no such display'], exits: 3 }) });
  t.probe.reaches = 'running';
  const failure: unknown = await t.up().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'CONTAINER_DIED' });
  expect(String(failure)).toContain('exit code 3\n  | starting Xvnc\n  | no such display');
  expectNothingLeft(t);
});

test('one that ran out of memory says so and how to give it more', async () => {
  const t = createTestDesktops({ programOf: () => ({ exits: 137, outOfMemory: true }) });
  t.probe.reaches = 'running';
  await expect(t.up()).rejects.toMatchObject({ code: 'CONTAINER_DIED', message: expect.stringContaining('out of memory') as string, hint: expect.stringContaining('--memory') as string });
});

test('not ready in time is NOT_READY, says how far it got, and leaves nothing', async () => {
  const t = createTestDesktops();
  t.probe.reaches = 'window';
  const failure = t.up({ timeoutMs: 30_000 }).catch((error: unknown) => error);
  await t.clock.sleeping(30_000);
  t.clock.advance(30_000);
  expect(await failure).toMatchObject({ code: 'NOT_READY', message: expect.stringMatching(/page.*30 s.*as far as: window/) as string });
  expectNothingLeft(t);
});

test('a kept desktop that is not ready in time stays', async () => {
  const t = createTestDesktops();
  await t.up();
  t.probe.reaches = 'running';
  const failure = t.up({ timeoutMs: 30_000 }).catch((error: unknown) => error);
  await t.clock.sleeping(30_000);
  t.clock.advance(30_000);
  expect(await failure).toMatchObject({ code: 'NOT_READY' });
  expect(t.engine.world.get(NAME).state).toBe('running');
});

test('a probe that is turned away fails at once and leaves nothing', async () => {
  const t = createTestDesktops();
  t.probe.failure = new VncctlError('SECRET_REFUSED', 'the desktop refused the secret');
  await expect(t.up()).rejects.toMatchObject({ code: 'SECRET_REFUSED' });
  expectNothingLeft(t);
});

test('--wait running asks no probe', async () => {
  const t = createTestDesktops();
  t.probe.failure = new Error('asked');
  const result = await t.up({ stage: 'running' });
  expect(result.desktop.status).toBe('ready');
  expect(t.probe.targets).toEqual([]);
});

test('a desktop removed behind our back while starting is made again', async () => {
  const t = createTestDesktops();
  t.probe.reaches = 'running';
  const result = t.up();
  await eventually(() => t.probe.targets.length === 1);
  t.probe.reaches = 'page';
  t.engine.world.vanish(NAME);
  expect((await result).outcome).toBe('created');
  expect(t.engine.world.all).toHaveLength(1);
  expect(t.store.state.reservations).toEqual([]);
});

test('a container on its way out is waited for, not tripped over', async () => {
  const t = createTestDesktops();
  const first = await t.up();
  let open = (): void => {};
  t.engine.world.removalGate = new Promise((resolve) => {
    open = resolve;
  });
  const removal = t.engine.containers.remove(t.engine.world.get(NAME).id);
  await eventually(() => t.engine.world.get(NAME).state === 'removing');
  const second = t.up();
  await eventually(() => t.engine.calls.log.filter((line) => line.startsWith('containers.find')).length > 10);
  open();
  await removal;
  const result = await second;
  expect(result.outcome).toBe('created');
  expect(result.desktop.id).not.toBe(first.desktop.id);
  expect(t.engine.world.all).toHaveLength(1);
});

test.each([
  ['gives up', (t: TestDesktops) => t.store.put({ allocations: unmarked(t) })],
  ['is killed', (t: TestDesktops) => void t.alive.delete(300)],
])('a desktop that another process is removing is waited for; when that %s it is reused', async (_, end) => {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  const allocation = t.store.state.allocations[desktop.id];
  if (!allocation) throw new Error('it is not remembered');
  t.alive.add(300);
  t.store.put({ allocations: { [desktop.id]: { ...allocation, removing: { pid: 300, at: t.clock.now().toISOString() } } } });
  const again = t.up();
  const before = t.engine.calls.log.length;
  await eventually(() => t.engine.calls.log.length > before + 8);
  end(t);
  expect(await again).toMatchObject({ outcome: 'reused', desktop: { id: desktop.id } });
});

test('a removal that began after the look is not run over: what it takes away is not handed out', async () => {
  const t = createTestDesktops();
  const first = await t.up();
  t.alive.add(300);
  once(t, 'containers.waitForExit', () => {
    const allocation = t.store.state.allocations[first.desktop.id];
    if (allocation) t.store.put({ allocations: { [first.desktop.id]: { ...allocation, removing: { pid: 300, at: t.clock.now().toISOString() } } } });
  });
  const second = t.up();
  await eventually(() => t.engine.calls.log.filter((line) => line.startsWith('containers.waitForExit')).length === 2);
  const before = t.engine.calls.log.length;
  await eventually(() => t.engine.calls.log.length > before + 8);
  t.engine.world.vanish(NAME);
  expect((await second).desktop.id).not.toBe(first.desktop.id);
});

test('asking later for less does not forget that the desktop was ready', async () => {
  const t = createTestDesktops({ programOf: () => ({ health: 'healthy' }) });
  await t.up();
  const container = t.engine.world.get(NAME);
  container.health = 'starting';
  t.clock.advance(100_000);
  container.health = 'starting';
  expect((await t.up({ stage: 'running' })).desktop.status).toBe('ready');
});

function unmarked(t: TestDesktops): TestDesktops['store']['state']['allocations'] {
  return Object.fromEntries(
    Object.entries(t.store.state.allocations).map(([id, allocation]) => {
      const { removing: _, ...rest } = allocation;
      return [id, rest];
    }),
  );
}

test('a store that can not be locked fails up and leaves no container', async () => {
  const t = createTestDesktops();
  t.store.beforeUpdate = () => {
    throw new VncctlError('STORE_LOCKED', 'locked');
  };
  await expect(t.up()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  expect(t.engine.world.all).toEqual([]);
});

test('an image that can not be made fails up with its own error', async () => {
  const t = createTestDesktops({ prepared: false });
  const failure = new VncctlError('BUILD_FAILED', 'no');
  await expect(t.up({}, { getImage: () => Promise.reject(failure) })).rejects.toBe(failure);
  expectNothingLeft(t);
});

test('an engine that is gone fails up with the error of the engine', async () => {
  const t = createTestDesktops();
  t.engine.calls.refuse();
  await expect(t.up()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});

test('two that keep removing each other end with a CONFLICT, not for ever', async () => {
  const t = createTestDesktops();
  t.engine.calls.before('containers.start', () => t.engine.world.vanish(NAME));
  await expect(t.up()).rejects.toMatchObject({ code: 'CONFLICT' });
  expectNothingLeft(t);
});

/** What `up` may meet: from nothing at all, and each way of keeping or replacing what is there. */
const SCENES: [string, (t: TestDesktops) => Promise<void>, { recreate?: boolean }][] = [
  ['with nothing there', async () => {}, {}],
  ['with a stopped desktop', async (t) => void (await t.up(), t.engine.world.end(NAME, 0)), {}],
  ['with a paused desktop', async (t) => void (await t.up(), await t.engine.containers.pause(t.engine.world.get(NAME).id)), {}],
  ['with --recreate', async (t) => void (await t.up()), { recreate: true }],
];

/** Runs up in a fresh scene once for each of its engine calls, doing `act` before or after that call. */
async function atEveryCall(
  prepare: (t: TestDesktops) => Promise<void>,
  when: 'before' | 'after',
  run: (t: TestDesktops, atCall: (act: () => void | Promise<void>) => void, step: number) => Promise<void>,
): Promise<number> {
  for (let step = 0; ; step++) {
    const t = createTestDesktops({ prepared: false, entries: [exampleEntry()] });
    await prepare(t);
    let seen = 0;
    let reached = false;
    await run(
      t,
      (act) => {
        const stop = t.engine.calls.onAny(when, async () => {
          if (seen++ !== step) return;
          reached = true;
          stop();
          await act();
        });
      },
      step,
    );
    if (!reached) return step;
  }
}

test.each(SCENES.flatMap(([name, prepare, over]) => (['before', 'after'] as const).map((when) => ({ name, prepare, over, when }))))(
  'Ctrl-C $when any engine call, $name, ends up with the reason and leaves nothing half-made',
  async ({ prepare, over, when }) => {
    const calls = await atEveryCall(prepare, when, async (t, atCall) => {
      const kept = t.engine.world.all.map(({ id }) => id);
      const controller = new AbortController();
      const reason = new VncctlError('INTERRUPTED', 'Ctrl-C');
      let aborted = false;
      atCall(() => {
        aborted = true;
        controller.abort(reason);
      });
      const outcome: unknown = await t.up(over, { signal: controller.signal }).catch((error: unknown) => error);
      if (outcome !== reason) {
        // After the last call nothing is left to be interrupted.
        expect(outcome).toMatchObject({ desktop: { client: ANA } });
        if (aborted) expect(t.engine.world.get(NAME).state).toBe('running');
      } else {
        // An effect that the engine still completes after the abort is part of what has to be gone.
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
        const made = t.engine.world.all.filter(({ id }) => !kept.includes(id));
        // One that has taken the place of the old one before that is the client's desktop.
        if (over.recreate && made.length > 0) expect(made.map(({ name, state }) => [name, state])).toEqual([[NAME, 'running']]);
        else expect(made).toEqual([]);
        expect(t.engine.world.all).toHaveLength(Math.max(kept.length, made.length));
        if (over.recreate) expect(t.engine.world.get(NAME).state).toBe('running');
        expect(Object.values(t.store.state.allocations).filter(({ replacing }) => replacing)).toEqual([]);
      }
      expect(t.store.state.reservations).toEqual([]);
    });
    expect(calls).toBeGreaterThan(5);
  },
);

test.each(SCENES.flatMap(([name, prepare, over]) => (['before', 'after'] as const).map((when) => ({ name, prepare, over, when }))))(
  'what a kill $when any engine call leaves, $name, is adopted or cleaned by the next up',
  async ({ prepare, over, when }) => {
    await atEveryCall(prepare, when, async (t, atCall) => {
      let killed = false;
      let ended = false;
      atCall(() => {
        killed = true;
        return never();
      });
      const first = t.up(over).then(() => {
        ended = true;
      });
      await eventually(() => killed || ended);
      if (ended) return first;
      t.alive.delete(100);
      t.store.breakLock();
      t.warm.held.clear();

      expect((await listDesktops(t.asProcess(200))).length).toBeLessThan(2);
      const result = await t.up(over, {}, t.asProcess(200));
      expect(t.engine.world.all.map(({ name, state }) => [name, state])).toEqual([[NAME, 'running']]);
      expect(result.desktop.status).toBe('ready');
      expect(Object.keys(t.store.state.allocations)).toEqual([result.desktop.id]);
      expect(liveReservations(t.store.state.reservations, t.clock.now(), (pid) => t.alive.has(pid))).toEqual([]);
      return undefined;
    });
  },
);

test('a port promised to a killed command is handed out again', async () => {
  const t = createTestDesktops({ installation: { ports: { min: 5000, max: 5000 } } });
  let reached = false;
  t.engine.calls.before('containers.create', (name) => {
    if (name !== NAME) return undefined;
    reached = true;
    return never();
  });
  void up(t.desktops, t.request(), { signal: new AbortController().signal, getImage: async () => {} });
  await eventually(() => reached);
  const [other] = clients(1);
  await expect(t.up({ client: other ?? ANA }, {}, t.asProcess(200))).rejects.toMatchObject({ code: 'NO_FREE_PORT' });
  t.alive.delete(100);
  expect((await t.up({ client: other ?? ANA }, {}, t.asProcess(200))).desktop.hostPort).toBe(5000);
});

const ownNetworks = (t: TestDesktops): string[] => t.engine.networkWorld.all.map(({ name }) => name);

test("where a network can not keep its members apart, each desktop is on one of its own that carries its client's labels", async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  const [other = ANA] = clients(1);
  await Promise.all([t.up(), t.up({ client: other })]);
  expect(t.engine.world.all.map(({ spec }) => spec.network).sort()).toEqual(['vncctl_vnc_11144477735', 'vncctl_vnc_20000000000']);
  for (const { spec } of t.engine.world.all) {
    expect(spec.labels['io.vncctl.network']).toBe(spec.network);
    expect(t.engine.networkWorld.all.find(({ name }) => name === spec.network)?.labels).toMatchObject({ 'io.vncctl.instance': 'default', 'io.vncctl.client': spec.labels['io.vncctl.client'] });
  }
});

test('a desktop on a network of its own is reused, started again and replaced on it', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  await t.up();
  expect(await t.up()).toMatchObject({ outcome: 'reused' });
  t.engine.world.end(NAME, 0);
  expect(await t.up()).toMatchObject({ outcome: 'started' });
  expect(await t.up({ recreate: true })).toMatchObject({ outcome: 'replaced' });
  expect(ownNetworks(t)).toEqual([`vncctl_${NAME}`]);
});

test('a failed up takes its own network back', async () => {
  const t = createTestDesktops({ isolation: 'networks', programOf: () => ({ exits: 3 }) });
  t.probe.reaches = 'running';
  await expect(t.up()).rejects.toMatchObject({ code: 'CONTAINER_DIED' });
  expectNothingLeft(t);
  expect(ownNetworks(t)).toEqual([]);
});

test('a create whose answer never came leaves neither container nor network of its own', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  t.engine.calls.after('containers.create', () => {
    throw new VncctlError('ENGINE_TIMEOUT', 'no answer');
  });
  await expect(t.up()).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
  expectNothingLeft(t);
  expect(ownNetworks(t)).toEqual([]);
});

test('a failed up leaves the network that was there before it', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  await t.up();
  t.engine.calls.failNext('containers.create', new VncctlError('ENGINE_FAILED', 'no'));
  await expect(t.up({ recreate: true })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(ownNetworks(t)).toEqual([`vncctl_${NAME}`]);
});

test('a failed up leaves the network of its own to the desktop that another up has handed out', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  const other = t.asProcess(200);
  const controller = new AbortController();
  t.engine.calls.after('containers.start', async () => {
    await t.up({}, {}, other);
    t.engine.world.end(NAME, 0);
    controller.abort(new Error('enough'));
  });
  await expect(t.up({}, { signal: controller.signal })).rejects.toThrow('enough');
  expect(t.engine.world.all).toHaveLength(1);
  expect(ownNetworks(t)).toEqual([`vncctl_${NAME}`]);
});

test('two ups at once for one client end with one desktop on one network of its own', async () => {
  const t = createTestDesktops({ isolation: 'networks' });
  const results = await Promise.all([t.up({}, {}, t.asProcess(1000)), t.up({}, {}, t.asProcess(1001))]);
  expect(new Set(results.map(({ link }) => link)).size).toBe(1);
  expect(ownNetworks(t)).toEqual([`vncctl_${NAME}`]);
});

test('where a shared network keeps its members apart, the engine is not asked what it can', async () => {
  const t = createTestDesktops();
  await t.up();
  await t.up();
  expect(t.engine.calls.log).not.toContain('networks.isolation');
});

test.each([
  ['is there', true],
  ['is made by this up', false],
])('where a gateway answers and the network %s, a new desktop has no port, and is seen at its address', async (_, prepared) => {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY, prepared });
  const result = await t.up();
  const { spec, address } = t.engine.world.get(NAME);
  expect(result).toMatchObject({ outcome: 'created', desktop: { status: 'ready' } });
  for (const absent of ['link', 'desktop.hostPort']) expect(result).not.toHaveProperty(absent);
  expect(spec).not.toHaveProperty('publish');
  expect(spec.labels).not.toHaveProperty('io.vncctl.port');
  expect(t.probe.targets).toMatchObject([{ kind: 'tcp', host: address }]);
  expect(t.store.state.reservations).toEqual([]);
});

test.each([
  ['its address can not be dialled', { dialable: false }, {}],
  ['each has a network that comes up with it, and can not be dialled before', { dialable: false, isolation: 'networks' }, {}],
  ['a port was asked for', {}, { wishes: { env: {}, direct: true } }],
] as const)('where a gateway answers but %s, a new desktop has a port on loopback', async (_, options, asked) => {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY, ...options });
  expect(await t.up(asked)).toMatchObject({ desktop: { hostPort: 5000 }, link: expect.stringContaining(':5000/') as string });
  expect(t.engine.world.get(NAME).spec.publish).toEqual({ containerPort: 6080, hostPort: 5000, hostAddress: '127.0.0.1' });
});

test('the door changes nothing of the hash by which desktops are interchangeable', async () => {
  const hashes = await Promise.all([{ gateway: LOCAL_GATEWAY }, {}].map(async (options) => (await createTestDesktops(options).up()).desktop.specHash));
  expect(hashes[0]).toBe(hashes[1]);
});

test('a desktop keeps its door when it is found again, woken or started', async () => {
  const t = createTestDesktops();
  await t.up();
  const { id } = t.engine.world.get(NAME);
  const behind = { ...t.desktops, gateway: LOCAL_GATEWAY };
  expect(await t.up({}, {}, behind)).toMatchObject({ outcome: 'reused', desktop: { hostPort: 5000 } });
  await t.engine.containers.pause(id);
  expect(await t.up({}, {}, behind)).toMatchObject({ outcome: 'woken', desktop: { hostPort: 5000 } });
  t.engine.world.end(NAME, 0);
  expect(await t.up({}, {}, behind)).toMatchObject({ outcome: 'started', desktop: { hostPort: 5000 } });
  expect((await t.up({ recreate: true }, {}, behind)).desktop).not.toHaveProperty('hostPort');
  expect((await t.up()).desktop).not.toHaveProperty('hostPort');
});

test('a stopped desktop whose port was taken meanwhile is made anew on another, also where a gateway answers', async () => {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY });
  await t.up({ wishes: { env: {}, direct: true } });
  t.engine.world.end(NAME, 0);
  t.engine.world.takenPorts.add(5000);
  expect(await t.up()).toMatchObject({ outcome: 'replaced', desktop: { hostPort: 5001 }, notes: ['its port was taken by another program, so it was made anew on another'] });
});

test('a stopped one without a port whose network was made anew is made anew without one, though the range is full', async () => {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY });
  await t.up();
  t.engine.world.end(NAME, 0);
  t.engine.networkWorld.vanish('vncctl');
  t.engine.networkWorld.addForeign({ name: 'vncctl', isolates: 'members' });
  for (let port = 5000; port <= 5020; port++) t.engine.world.takenPorts.add(port);
  const { desktop, notes } = await t.up();
  expect(desktop).not.toHaveProperty('hostPort');
  expect(notes).toEqual(['its network had been removed, so it was made anew on the present one']);
});

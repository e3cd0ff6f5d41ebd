// Which of the three ways tells who looks, on files, an engine and a clock that the test makes up.
import { afterEach, describe, expect, test } from 'vitest';
import { type ActivitySource, type ActivitySubject, INPUT_NEEDS_GATEWAY } from '../../../../src/core/activity.ts';
import type { ContainerId } from '../../../../src/core/engine.ts';
import type { DesktopId } from '../../../../src/core/store.ts';
import { createDirectPresence } from '../../../../src/engine/presence/direct.ts';
import { eventually } from '../../../support/eventually.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { createFakeEngine, type FakeEngine } from '../../../support/fake-engine.ts';

const CONNTRACK = '/proc/net/nf_conntrack';
const BRIDGED = '/proc/sys/net/bridge/bridge-nf-call-iptables';
const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const HEADER_6 = '  sl  local_address                         remote_address                        st\n';
const socketRow = (port: number): string => `   2: 02001CAC:${port.toString(16).toUpperCase().padStart(4, '0')} 01001CAC:D088 01 00000000:00000000 00:00000000 00000000  1000        0 2342851 1\n`;
const tracked = (address: string, port: number, from = 53192, left = 431_990): string =>
  `ipv4     2 tcp      6 ${left} ESTABLISHED src=172.28.0.1 dst=${address} sport=${from} dport=${port} src=${address} dst=172.28.0.1 sport=${port} dport=${from} [ASSURED] mark=0 zone=0 use=2\n`;
const CANARY_ROW = 'ipv4     2 tcp      6 431999 ESTABLISHED src=127.0.0.1 dst=127.0.0.1 sport=40001 dport=40002 src=127.0.0.1 dst=127.0.0.1 sport=40002 dport=40001 [ASSURED] mark=0 zone=0 use=2\n';

interface World {
  files: Map<string, string>;
  /** Every file that was read, in order. */
  read: string[];
  engine: FakeEngine;
  chirps: { count: number; closed: boolean; fails: boolean };
  clock: ReturnType<typeof createFakeClock>;
  source: ActivitySource;
  /** A running container with an address on a bridge of this host. */
  desktop(name: string, tables?: string): Promise<ActivitySubject>;
}

const sources: ActivitySource[] = [];
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
});

function createWorld({ local = true, inside }: { local?: boolean; inside?: (argv: readonly string[]) => { exitCode: number; output: string } } = {}): World {
  const clock = createFakeClock();
  const engine = createFakeEngine({ clock, local, programOf: () => (inside ? { exec: inside } : { exec: () => ({ exitCode: 127, output: 'no cat here' }) }) });
  engine.imageWorld.add('vncctl/kiosk');
  const files = new Map([
    [CONNTRACK, CANARY_ROW],
    ['/proc/net/route', 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\nbr-1\t00001CAC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n'],
    ['/sys/class/net/br-1/bridge/nf_call_iptables', '0\n'],
    [BRIDGED, '1\n'],
    ['/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established', '432000\n'],
    ['/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_unacknowledged', '300\n'],
    ['/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_max_retrans', '300\n'],
  ]);
  const read: string[] = [];
  const chirps = { count: 0, closed: false, fails: false };
  const source = createDirectPresence({
    engine,
    clock,
    async readText(path, signal) {
      signal?.throwIfAborted();
      read.push(path);
      const text = files.get(path);
      if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
      return text;
    },
    canary: {
      async chirp() {
        if (chirps.fails) throw new Error('no loopback');
        chirps.count++;
        return { fromPort: 40_001, toPort: 40_002 };
      },
      close() {
        chirps.closed = true;
      },
    },
  });
  sources.push(source);
  let made = 0;
  return {
    files,
    read,
    engine,
    chirps,
    clock,
    source,
    async desktop(name, tables) {
      if (made === 0) await engine.networks.create({ name: 'vncctl', labels: {} });
      const limits = { cpus: 1, memoryBytes: 1, pids: 1, shmSizeBytes: 1 };
      const container = await engine.containers.create(name, { image: 'vncctl/kiosk', env: {}, labels: {}, network: 'vncctl', limits, user: 'image', capabilities: [], tmpfs: {}, init: 'engine', stopGraceSeconds: 1, logMaxBytes: 1 });
      await engine.containers.start(container);
      const pid = engine.world.get(name).pid;
      if (tables !== undefined) putTables(files, pid, container, tables);
      return { id: name as DesktopId, container, address: `172.28.0.${++made + 1}`, ports: [6080, 5900] };
    },
  };
}

function putTables(files: Map<string, string>, pid: number | undefined, container: ContainerId, tables: string): void {
  files.set(`/proc/${pid}/net/tcp`, tables);
  files.set(`/proc/${pid}/net/tcp6`, HEADER_6);
  files.set(`/proc/${pid}/cgroup`, `0::/system.slice/docker-${container}.scope\n`);
}

const away = ({ address: _address, ...subject }: ActivitySubject): ActivitySubject => subject;
async function viewersOf(source: ActivitySource, ...subjects: ActivitySubject[]): Promise<unknown[]> {
  const seen = await source.look(subjects);
  return subjects.map(({ id }) => {
    const viewers = seen.get(id)?.viewers;
    return viewers?.known ? viewers.count : viewers;
  });
}

describe("this host's table of connections", () => {
  test('tells all desktops on its bridges by one read, without a call to the engine', async () => {
    const { files, read, engine, source, desktop } = createWorld();
    const [one, two, none] = [await desktop('one'), await desktop('two'), await desktop('none')];
    files.set(CONNTRACK, CANARY_ROW + tracked('172.28.0.2', 6080) + tracked('172.28.0.2', 5900) + tracked('172.28.0.3', 6080));
    const before = engine.calls.log.length;
    expect(await viewersOf(source, one, two, none)).toEqual([2, 1, 0]);
    expect(read.filter((path) => path === CONNTRACK)).toHaveLength(1);
    expect(engine.calls.log).toHaveLength(before);
  });

  test('tells of a paused desktop too', async () => {
    const { files, engine, source, desktop } = createWorld();
    const one = await desktop('one');
    await engine.containers.pause(one.container);
    files.set(CONNTRACK, CANARY_ROW + tracked('172.28.0.2', 6080));
    expect(await viewersOf(source, one)).toEqual([1]);
  });

  test('a viewer who is silent for more than a quarter of an hour is nobody', async () => {
    const { files, source, desktop } = createWorld();
    const one = await desktop('one');
    files.set(CONNTRACK, CANARY_ROW + tracked('172.28.0.2', 6080, 1, 432_000 - 901) + tracked('172.28.0.2', 6080, 2, 432_000 - 899));
    expect(await viewersOf(source, one)).toEqual([1]);
  });

  test.each<[string, (world: World) => void]>([
    ["doesn't show the connection of this process to itself", ({ files }) => files.set(CONNTRACK, tracked('172.28.0.2', 6080))],
    ['shows only one side of it', ({ files }) => files.set(CONNTRACK, CANARY_ROW.replace('dport=40002 src', 'dport=40002 [UNREPLIED] src'))],
    ['is empty', ({ files }) => files.set(CONNTRACK, '')],
    ['can not be read', ({ files }) => files.delete(CONNTRACK)],
    ['is behind a loopback that does not work', ({ chirps }) => Object.assign(chirps, { fails: true })],
    ['does not see what stays within the bridge', ({ files }) => files.set(BRIDGED, '0\n')],
    ['belongs to a system that has no such filter', ({ files }) => files.delete(BRIDGED)],
    ['is of a host that is only a member of the network, not its bridge', ({ files }) => files.delete('/sys/class/net/br-1/bridge/nf_call_iptables')],
    ['is of a host without a way to the address', ({ files }) => files.set('/proc/net/route', '')],
  ])("is not believed where it %s: the container's own table tells", async (_, spoil) => {
    const world = createWorld();
    const one = await world.desktop('one', HEADER + socketRow(6080) + socketRow(5900) + socketRow(80));
    spoil(world);
    expect(await viewersOf(world.source, one)).toEqual([2]);
  });

  test('a bridge that filters by itself is believed', async () => {
    const { files, source, desktop } = createWorld();
    const one = await desktop('one');
    files.set(BRIDGED, '0\n');
    files.set('/sys/class/net/br-1/bridge/nf_call_iptables', '1\n');
    files.set(CONNTRACK, CANARY_ROW + tracked('172.28.0.2', 6080));
    expect(await viewersOf(source, one)).toEqual([1]);
  });

  test('it is not read, and no connection of its own is opened, for desktops without an address', async () => {
    const { read, chirps, source, desktop } = createWorld();
    expect(await viewersOf(source, away(await desktop('one', HEADER)))).toEqual([0]);
    expect(read).not.toContain(CONNTRACK);
    expect(chirps.count).toBe(0);
  });
});

describe("a container's own table", () => {
  test('is found by the process of the container, which is asked for once', async () => {
    const { engine, source, desktop } = createWorld();
    const one = away(await desktop('one', HEADER + socketRow(6080)));
    expect(await viewersOf(source, one)).toEqual([1]);
    expect(await viewersOf(source, one)).toEqual([1]);
    expect(engine.calls.log.filter((call) => call.startsWith('containers.find'))).toHaveLength(1);
  });

  test('is found again after the container was started anew, also when another process has the number by then', async () => {
    const { files, engine, source, desktop } = createWorld();
    const one = away(await desktop('one', HEADER + socketRow(6080)));
    expect(await viewersOf(source, one)).toEqual([1]);
    const old = engine.world.get('one').pid;
    await engine.containers.stop(one.container, 1);
    await engine.containers.start(one.container);
    putTables(files, old, 'another container' as ContainerId, HEADER);
    putTables(files, engine.world.get('one').pid, one.container, HEADER + socketRow(6080) + socketRow(5900));
    expect(await viewersOf(source, one)).toEqual([2]);
  });

  test('of a process that is not the container\'s tells nothing', async () => {
    const { files, engine, source, desktop } = createWorld();
    const one = away(await desktop('one'));
    putTables(files, engine.world.get('one').pid, 'another container' as ContainerId, HEADER);
    expect(await viewersOf(source, one)).toEqual([{ known: false, why: expect.stringContaining("is not the container's") as string }]);
  });

  test('is enough without version 6', async () => {
    const { files, engine, source, desktop } = createWorld();
    const one = away(await desktop('one', HEADER + socketRow(6080)));
    files.delete(`/proc/${engine.world.get('one').pid}/net/tcp6`);
    expect(await viewersOf(source, one)).toEqual([1]);
  });

  test('tells of a paused desktop too', async () => {
    const { engine, source, desktop } = createWorld();
    const one = away(await desktop('one', HEADER + socketRow(6080)));
    await engine.containers.pause(one.container);
    expect(await viewersOf(source, one)).toEqual([1]);
  });
});

describe('a look from inside', () => {
  const inside = (output: string, exitCode = 0) => (): { exitCode: number; output: string } => ({ exitCode, output });

  test('tells where the engine is elsewhere, without looking for its processes here', async () => {
    const { read, engine, source, desktop } = createWorld({ local: false, inside: inside(HEADER + socketRow(6080) + HEADER_6) });
    expect(await viewersOf(source, away(await desktop('one')))).toEqual([1]);
    expect(read).toEqual([]);
    expect(engine.calls.log.join()).not.toContain('containers.find');
  });

  test('tells where there is no version 6', async () => {
    const { source, desktop } = createWorld({ local: false, inside: inside(`${HEADER}${socketRow(6080)}cat: /proc/net/tcp6: No such file or directory\n`, 1) });
    expect(await viewersOf(source, away(await desktop('one')))).toEqual([1]);
  });

  test.each([
    ['fails halfway', inside(`${HEADER}cat: read error\n`, 1), 'exit code 1'],
    ['finds no program', inside('exec: "cat": not found\n', 127), 'exit code 127'],
    ['gives no table', inside('hello\n'), 'not to be understood'],
  ])('that %s is unknown and never nought', async (_, program, why) => {
    const { source, desktop } = createWorld({ local: false, inside: program });
    expect(await viewersOf(source, away(await desktop('one')))).toEqual([{ known: false, why: expect.stringContaining(why) as string }]);
  });

  test('of a paused desktop is unknown', async () => {
    const { engine, source, desktop } = createWorld({ local: false, inside: inside(HEADER) });
    const one = away(await desktop('one'));
    await engine.containers.pause(one.container);
    expect(await viewersOf(source, one)).toEqual([{ known: false, why: expect.stringContaining('not running') as string }]);
  });
});

test('every subject has an answer, each by the way that tells it', async () => {
  const { files, source, engine, desktop } = createWorld();
  const [byHost, byTable, gone] = [await desktop('a'), away(await desktop('b', HEADER + socketRow(5900))), away(await desktop('c'))];
  await engine.containers.remove(gone.container);
  files.set(CONNTRACK, CANARY_ROW + tracked('172.28.0.2', 6080));
  const seen = await source.look([byHost, byTable, gone]);
  expect(seen.size).toBe(3);
  expect(await viewersOf(source, byHost, byTable, gone)).toEqual([1, 1, { known: false, why: expect.stringContaining('it does not run') as string }]);
  for (const { input } of seen.values()) expect(input).toEqual({ known: false, why: INPUT_NEEDS_GATEWAY });
  expect(await source.look([])).toEqual(new Map());
});

test('an engine that fails makes unknowns and no failure', async () => {
  const { engine, source, desktop } = createWorld();
  const subjects = [away(await desktop('one')), away(await desktop('two'))];
  engine.calls.refuse();
  for (const viewers of await viewersOf(source, ...subjects)) expect(viewers).toMatchObject({ known: false, why: expect.stringContaining('no container engine answers') as string });
});

test('no more than four are read at once', async () => {
  const { engine, source, desktop } = createWorld({ local: false, inside: () => ({ exitCode: 0, output: HEADER }) });
  const subjects = [];
  for (let index = 0; index < 12; index++) subjects.push(away(await desktop(`d${index}`)));
  let running = 0;
  let most = 0;
  engine.calls.before('containers.exec', async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  });
  expect(await viewersOf(source, ...subjects)).toEqual(subjects.map(() => 0));
  expect(most).toBe(4);
});

test('one that hangs is given up after five seconds, and the look goes on', async () => {
  const { engine, clock, source, desktop } = createWorld({ local: false, inside: () => ({ exitCode: 0, output: HEADER }) });
  const [hangs, answers] = [away(await desktop('one')), away(await desktop('two'))];
  engine.calls.before('containers.exec', (id) => (id === hangs.container ? new Promise<void>(() => {}) : undefined));
  let answered = false;
  engine.calls.after('containers.exec', () => {
    answered = true;
  });
  const look = viewersOf(source, hangs, answers);
  await eventually(() => answered);
  clock.advance(5000);
  expect(await look).toEqual([{ known: false, why: expect.stringContaining('did not answer within 5 s') as string }, 0]);
});

test('when the time of the whole look is up, who was not reached is unknown', async () => {
  const { engine, clock, source, desktop } = createWorld({ local: false, inside: () => ({ exitCode: 0, output: HEADER }) });
  const subjects = [];
  for (let index = 0; index < 5; index++) subjects.push(away(await desktop(`d${index}`)));
  engine.calls.before('containers.exec', () => clock.advance(600));
  const seen = await source.look(subjects, { deadlineMs: 1000 });
  expect(seen.size).toBe(5);
  expect(seen.get('d4' as DesktopId)?.viewers).toEqual({ known: false, why: expect.stringContaining('took too long') as string });
});

test("an aborted signal ends the look with the signal's reason", async () => {
  const { engine, source, desktop } = createWorld({ local: false });
  const one = away(await desktop('one'));
  const reason = new Error('enough');
  await expect(source.look([one], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  engine.calls.before('containers.exec', () => controller.abort(reason));
  await expect(source.look([one], { signal: controller.signal })).rejects.toBe(reason);
});

test('closing drops the connection of its own', async () => {
  const { source, chirps } = createWorld();
  source.close();
  expect(chirps.closed).toBe(true);
});

// Who looks at real containers over real connections, told alike by the host's table of connections, by the container's own and
// from inside it. Needs root, as the daemon does for the first of these.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ActivitySource, ActivitySubject } from '../../src/core/activity.ts';
import type { ContainerId, Engine } from '../../src/core/engine.ts';
import type { DesktopId } from '../../src/core/store.ts';
import { connectDocker } from '../../src/engine/docker/engine.ts';
import { createDirectPresence } from '../../src/engine/presence/direct.ts';
import type { ByteStream } from '../../src/rfb/byte-stream.ts';
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import { connectTcp } from '../../src/rfb/tcp-stream.ts';
import { connectWebSocket } from '../../src/rfb/websocket-stream.ts';
import { engineApi } from '../support/engine-api.ts';
import { testEndpoint } from '../support/test-engine.ts';
import { ensureTinyImage } from '../support/tiny-image.ts';

const RUN = `presence-${randomBytes(4).toString('hex')}`;
const LABELS = { 'io.vncctl.test': RUN };
const IMAGE = 'vncctl/test-screen:latest';
const WEB = ['sh', '-c', 'Xvnc :0 -geometry 64x64 -rfbport 5900 -SecurityTypes None -UseBlacklist=0 -AlwaysShared=1 -nolisten tcp -extension GLX & exec python3 -m websockify --web /usr/share/vncctl/viewer --heartbeat 30 6080 127.0.0.1:5900'];
const MIB = 1024 ** 2;

const endpoint = testEndpoint();
const engine = connectDocker(endpoint, { deadlineMs: 30_000 });
const api = engineApi(endpoint.address);
const never = async (): Promise<never> => {
  throw new Error('this way is not to be taken');
};

interface Way {
  name: string;
  source: ActivitySource;
  asks: (subject: ActivitySubject) => ActivitySubject;
}

/** The three ways, each on its own. */
const byHost: Way = {
  name: "the host's table",
  source: createDirectPresence({ engine: { capabilities: engine.capabilities, containers: { ...engine.containers, find: never, exec: never } } }),
  asks: (subject) => subject,
};
const byContainer: Way = {
  name: "the container's own table",
  source: createDirectPresence({ engine: { capabilities: engine.capabilities, containers: { ...engine.containers, exec: never } } }),
  asks: ({ address: _address, ...subject }) => subject,
};
const fromInside: Way = {
  name: 'a look from inside',
  source: createDirectPresence({ engine: { capabilities: { ...engine.capabilities, local: false }, containers: engine.containers } }),
  asks: ({ address: _address, ...subject }) => subject,
};
const WAYS = [byHost, byContainer, fromInside];

let count = 0;
beforeAll(async () => {
  await ensureTinyImage();
  await engine.networks.create({ name: RUN, labels: LABELS });
});
afterEach(removeAll);
afterAll(async () => {
  for (const { source } of WAYS) source.close();
  await removeAll();
  await engine.networks.remove(RUN);
  engine.close();
});

async function removeAll(): Promise<void> {
  await Promise.all((await engine.containers.list({ labels: LABELS })).map(({ id }) => engine.containers.remove(id)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return address.port;
}

interface Desktop extends ActivitySubject {
  address: string;
  hostPort: number;
}

/** A running screen whose port is published; it need not listen yet. */
async function startDesktop(hostAddress = '127.0.0.1'): Promise<Desktop> {
  const hostPort = await freePort();
  const name = `${RUN}-${++count}`;
  const container = await engine.containers.create(name, {
    image: IMAGE,
    env: {},
    labels: LABELS,
    network: RUN,
    publish: { containerPort: 5900, hostPort, hostAddress },
    limits: { cpus: 1, memoryBytes: 64 * MIB, pids: 64, shmSizeBytes: 16 * MIB },
    user: '1000:1000',
    capabilities: [],
    tmpfs: { '/tmp': 'rw,mode=1777' },
    init: 'engine',
    stopGraceSeconds: 1,
    logMaxBytes: MIB,
  });
  await engine.containers.start(container);
  return { id: name as DesktopId, container, address: await addressOf(engine, container), ports: [6080, 5900], hostPort };
}

async function addressOf(from: Engine, container: ContainerId): Promise<string> {
  const address = (await from.containers.find(container))?.address;
  if (!address) throw new Error('the container has no address here');
  return address;
}

/** A viewer whose handshake is done. */
async function view(connect: (signal: AbortSignal) => Promise<ByteStream>): Promise<ByteStream> {
  for (;;) {
    try {
      const stream = await connect(AbortSignal.timeout(30_000));
      onTestFinished(() => stream.close());
      await authenticate(stream, {});
      await initialise(stream);
      return stream;
    } catch (error) {
      // The screen needs a moment before it listens; the proxy of its port takes connections all the same.
      if ((error as { kind?: string }).kind !== 'ended' && !/closed|refused|reset/i.test(String(error))) throw error;
    }
  }
}
const viewTcp = (host: string, port: number): Promise<ByteStream> => view((signal) => connectTcp(host, port, { signal }));

async function viewersBy({ source, asks }: Way, subject: ActivitySubject): Promise<unknown> {
  const viewers = (await source.look([asks(subject)])).get(subject.id)?.viewers;
  return viewers?.known ? viewers.count : viewers;
}

/** A connection that was closed takes a moment until both its ends know. */
async function soon(way: Way, subject: ActivitySubject, expected: unknown): Promise<void> {
  await expect.poll(() => viewersBy(way, subject), { interval: 10, timeout: 3000 }).toEqual(expected);
}

describe.each(WAYS)('$name', (way) => {
  test('counts viewers through the published port and at the own address, and misses each once it has gone', async () => {
    const desktop = await startDesktop();
    expect(await viewersBy(way, desktop)).toBe(0);
    const published = await viewTcp('127.0.0.1', desktop.hostPort);
    await soon(way, desktop, 1);
    const direct = await viewTcp(desktop.address, 5900);
    await soon(way, desktop, 2);
    published.close();
    await soon(way, desktop, 1);
    direct.close();
    await soon(way, desktop, 0);
  });

  test('counts a viewer of the web port once, and a page only while its connection is kept open', async () => {
    const { Id } = await api.call<{ Id: ContainerId }>('POST', `/containers/create?name=${RUN}-${++count}`, {
      Image: IMAGE,
      Entrypoint: WEB,
      User: '1000:1000',
      Labels: LABELS,
      HostConfig: { NetworkMode: RUN, Init: true, Tmpfs: { '/tmp': 'rw,mode=1777' } },
    });
    await engine.containers.start(Id);
    const desktop = { id: RUN as DesktopId, container: Id, address: await addressOf(engine, Id), ports: [6080, 5900] };
    const viewer = await view((signal) => connectWebSocket(`ws://${desktop.address}:6080/websockify`, { signal }));
    await soon(way, desktop, 1);

    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const [page] = (await once(get({ agent, host: desktop.address, port: 6080, path: '/' }), 'response')) as [IncomingMessage];
    await once(page.resume(), 'end');
    await soon(way, desktop, 2);
    agent.destroy();
    await soon(way, desktop, 1);
    viewer.close();
    await soon(way, desktop, 0);
  });

  test('counts what is connected to a paused desktop, or says that it can not', async () => {
    const desktop = await startDesktop();
    await viewTcp('127.0.0.1', desktop.hostPort);
    await engine.containers.pause(desktop.container);
    const expected = way === fromInside ? { known: false, why: expect.stringContaining('paused') as string } : 1;
    expect(await viewersBy(way, desktop)).toEqual(expected);
  });
});

test('twenty desktops are told apart in one look, by each of the ways', async () => {
  const desktops: Desktop[] = [];
  const worker = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) desktops.push(await startDesktop());
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  const watched = desktops.filter((_, index) => index % 3 === 0);
  await Promise.all(watched.map(({ hostPort }) => viewTcp('127.0.0.1', hostPort)));
  for (const { source, asks } of WAYS) {
    const seen = await source.look(desktops.map(asks));
    expect(desktops.map(({ id }) => seen.get(id)?.viewers)).toEqual(desktops.map((desktop) => ({ known: true, count: watched.includes(desktop) ? 1 : 0 })));
  }
});

describe('a peer that vanishes without a word', () => {
  const space = `vncctl-${RUN}`;
  const near = `vp${RUN.slice(-8)}a`;
  const far = `vp${RUN.slice(-8)}b`;
  const subnet = `10.253.${Math.floor(Math.random() * 250)}`;
  const peers: ChildProcess[] = [];
  const ip = (...args: string[]): void => void execFileSync('ip', args);
  const inside = (...args: string[]): void => ip('-n', space, ...args);

  beforeAll(() => {
    ip('netns', 'add', space);
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space);
    ip('addr', 'add', `${subnet}.1/24`, 'dev', near);
    ip('link', 'set', near, 'up');
    inside('addr', 'add', `${subnet}.2/24`, 'dev', far);
    inside('link', 'set', far, 'up');
  });
  afterAll(() => {
    for (const peer of peers) peer.kill('SIGKILL');
    ip('netns', 'delete', space);
  });

  test('stands in the table, grows silent there, and is nobody once that is too long; one who is there stays', async () => {
    const desktop = await startDesktop(`${subnet}.1`);
    const here = await viewTcp(desktop.address, 5900);
    const program = `const s = require('net').connect(${desktop.hostPort}, '${subnet}.1'); s.on('data', (d) => console.log(String(d).trim()))`;
    const peer = spawn('ip', ['netns', 'exec', space, process.execPath, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    peers.push(peer);
    const [greeting] = (await once(peer.stdout, 'data')) as [Buffer];
    expect(greeting.toString()).toContain('RFB 003.008');
    await soon(byHost, desktop, 2);

    inside('link', 'set', far, 'down');
    const strict = createDirectPresence({ engine, silentAfterSeconds: 2 });
    onTestFinished(() => strict.close());
    const rowOfPeer = async (): Promise<number> => {
      const rows = (await readFile('/proc/net/nf_conntrack', 'utf8')).split('\n');
      return Number(/ (\d+) ESTABLISHED/.exec(rows.find((row) => row.includes(`src=${subnet}.2 `)) ?? '')?.[1]);
    };
    const before = await rowOfPeer();
    // A pointer event, as one sends who is there: type, no button, two coordinates.
    const use = (): void => void here.write(Buffer.of(5, 0, 0, 1, 0, 1));
    await expect
      .poll(
        async () => {
          use();
          return (await strict.look([desktop])).get(desktop.id)?.viewers;
        },
        { interval: 100, timeout: 10_000 },
      )
      .toEqual({ known: true, count: 1 });
    expect(await rowOfPeer()).toBeLessThan(before);
    expect(await viewersBy(byHost, desktop)).toBe(2);
  });
});

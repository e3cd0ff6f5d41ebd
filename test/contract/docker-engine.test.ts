// Holds the Docker engine to the contract, on the real engine at VNCCTL_TEST_ENGINE, and what only a real socket can show.
import { createServer } from 'node:net';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { connectDocker } from '../../src/engine/docker/engine.ts';
import { startEngineProxy } from '../support/engine-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { type SilentServer, startSilentServer } from '../support/silent-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { endpointAt, testEndpoint } from '../support/test-engine.ts';
import { CONTRACT_RUN, contextOf, describeEngineContract } from './engine-contract.ts';

const BASE = process.env['VNCCTL_TEST_BASE'] ?? 'vncctl/base:bookworm';

const PROGRAM = `
case "$PROGRAM" in
  wait) trap 'exit 0' TERM; echo ready; while :; do sleep 1 & wait $!; done ;;
  stubborn) trap '' TERM; trap 'exit 3' USR1; echo ready; while :; do sleep 1 & wait $!; done ;;
  fail) echo one; echo two >&2; sleep 0.1; echo three; exit 7 ;;
  hungry) exec tail /dev/zero ;;
esac
`;

const folder = tempFolder();
const silent: SilentServer[] = [];
afterAll(() => Promise.all(silent.map((server) => server.stop())));

async function silentServer(): Promise<SilentServer> {
  const server = await startSilentServer();
  silent.push(server);
  return server;
}

async function listen(): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return { port: address.port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function freePort(): Promise<number> {
  const { port, release } = await listen();
  await release();
  return port;
}

describeEngineContract('Docker', async () => {
  const endpoint = testEndpoint();
  const engine = connectDocker(endpoint, { deadlineMs: 30_000 });
  if (!(await engine.images.find(BASE))) throw new Error(`the engine at ${endpoint.address} has no image ${BASE} to test with (VNCCTL_TEST_BASE names another)`);
  const images = { plain: `vncctl/${CONTRACT_RUN}-plain:latest`, checked: `vncctl/${CONTRACT_RUN}-checked:latest` };
  for (const [kind, tag] of Object.entries(images)) {
    const check = kind === 'checked' ? 'HEALTHCHECK --interval=1s CMD true\n' : '';
    const context = contextOf({ Dockerfile: `ARG BASE\nFROM \${BASE}\nCOPY program /program\n${check}CMD ["sh", "/program"]\n`, program: PROGRAM });
    await engine.images.build(context, { tag, labels: { 'io.vncctl.test': CONTRACT_RUN }, args: { BASE } }, () => {});
  }
  return {
    engine,
    image: images.plain,
    checkedImage: images.checked,
    base: BASE,
    occupyPort: listen,
    freePort,
    async hungEngine() {
      const server = await silentServer();
      return { hung: connectDocker(endpointAt(`unix://${server.path}`), { deadlineMs: 100 }), asked: () => server.asked() };
    },
    async refusedEngine() {
      return connectDocker(endpointAt(`tcp://127.0.0.1:${await freePort()}`), { deadlineMs: 5000 });
    },
    async dispose(tags) {
      const docker = new Docker({ socketPath: new URL(endpoint.address).pathname });
      for (const tag of [...tags, ...Object.values(images)]) {
        if (await engine.images.find(tag)) await docker.getImage(tag).remove({ force: true });
      }
    },
  };
});

test('a socket file that is not there is ENGINE_UNREACHABLE and names the address', async () => {
  const engine = connectDocker(endpointAt('unix:///nonexistent/engine.sock'), { deadlineMs: 5000 });
  await expect(engine.ping()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('unix:///nonexistent/engine.sock') as string });
});

test('an engine that goes away ends the events with ENGINE_UNREACHABLE', async () => {
  const proxy = await startEngineProxy(testEndpoint().address, join(folder, 'proxy.sock'));
  const engine = connectDocker(endpointAt(proxy.address), { deadlineMs: 5000 });
  let open = false;
  const events = engine.containers.events({ labels: { 'io.vncctl.test': CONTRACT_RUN } }, { onOpen: () => (open = true) });
  const end = events[Symbol.asyncIterator]()
    .next()
    .catch((error: unknown) => error);
  await eventually(() => open);
  await proxy.stop();
  expect(await end).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  engine.close();
});

test('closing drops the connections, so that a process can end', async () => {
  const server = await silentServer();
  const engine = connectDocker(endpointAt(`unix://${server.path}`), { deadlineMs: 60_000 });
  const answer = engine.ping().catch((error: unknown) => error);
  await server.asked();
  expect(server.sockets.size).toBe(1);
  engine.close();
  expect(await answer).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  await eventually(() => server.sockets.size === 0);
});

test('what a container is made of, its secret, its client and its settings, is in no address of a request: in the bodies alone', async () => {
  const proxy = await startEngineProxy(testEndpoint().address, join(folder, 'recording.sock'));
  const engine = connectDocker(endpointAt(proxy.address), { deadlineMs: 30_000 });
  onTestFinished(async () => {
    engine.close();
    await proxy.stop();
  });
  const tag = `vncctl/${CONTRACT_RUN}-recorded:latest`;
  const context = contextOf({ Dockerfile: `ARG BASE\nFROM \${BASE}\nCMD ["sleep", "600"]\n` });
  await engine.images.build(context, { tag, labels: {}, args: { BASE } }, () => {});
  onTestFinished(() => new Docker({ socketPath: new URL(testEndpoint().address).pathname }).getImage(tag).remove({ force: true }));
  const network = `${CONTRACT_RUN}-network`;
  await engine.networks.create({ name: network, labels: { 'io.vncctl.test': 'label-of-the-network' }, subnet: '10.213.7.0/24' });
  onTestFinished(() => engine.networks.remove(network));
  const id = await engine.containers.create(`${CONTRACT_RUN}-recorded`, {
    image: tag,
    env: { VNC_SECRET: 'secret-of-the-screen', URL: 'https://page.example/?q=1' },
    labels: { 'io.vncctl.client': '11122233344' },
    network,
    publish: { containerPort: 6080, hostPort: await freePort(), hostAddress: '127.0.0.1' },
    limits: { cpus: 0.25, memoryBytes: 64 * 1024 ** 2, pids: 50, shmSizeBytes: 16 * 1024 ** 2 },
    user: '65534:65534',
    capabilities: ['SYS_CHROOT'],
    tmpfs: { '/tmp': 'rw,size=1m' },
    init: 'engine',
    stopGraceSeconds: 1,
    logMaxBytes: 1024 ** 2,
  });
  onTestFinished(() => engine.containers.remove(id));
  await engine.containers.start(id);
  await engine.containers.updateLimits(id, { cpus: 0.5, memoryBytes: 96 * 1024 ** 2 });
  await engine.containers.exec(id, ['echo', 'argument-of-the-program']);
  await engine.containers.rename(id, `${CONTRACT_RUN}-renamed`);
  await engine.containers.pause(id);
  await engine.containers.unpause(id);
  await engine.containers.stop(id, 1, { stopSignal: 'SIGKILL' });

  const withBody = proxy.bodies.map(({ line }) => line.replace(/\?.*$/, '').replaceAll(/[0-9a-f]{64}/g, '…'));
  expect(withBody).toEqual(['POST /networks/create', 'POST /containers/create', 'POST /containers/…/update', 'POST /containers/…/exec', 'POST /exec/…/start']);
  for (const { line, body } of proxy.bodies) {
    const query = new URL(line.split(' ')[1] ?? '', 'http://engine').searchParams;
    expect([...query.keys()], line).toEqual(line.startsWith('POST /containers/create') ? ['name'] : []);
    expect(leavesOf(JSON.parse(body)).filter((leaf) => leaf.length > 3 && decodeURIComponent(line).includes(leaf)), line).toEqual([]);
  }
  const addresses = decodeURIComponent(proxy.log.join('\n'));
  for (const word of ['secret-of-the-screen', 'page.example', '11122233344', 'label-of-the-network', 'argument-of-the-program']) expect(addresses).not.toContain(word);
});

/** Every text and number in a value, and every key. */
function leavesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [String(value)];
  return Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...leavesOf(inner)]);
}

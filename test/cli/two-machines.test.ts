// Two machines that drive one engine over TCP, each with a home and so a store of its own, of the same instance: what they share are the
// engine's names and the locks in it.
import { cpSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clientNumber, type Finished, testInstallation } from '../support/cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testEndpoint } from '../support/test-engine.ts';

const CLIENT = clientNumber(1);

/** The engine's socket at a port of loopback; its name differs with each machine, as their addresses of one engine may. */
async function relay(): Promise<string> {
  const { pathname } = new URL(testEndpoint().address);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(pathname);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `tcp://127.0.0.1:${address.port}`;
}

const installation = await testInstallation({ engine: await relay(), ports: 12 });
const otherHome = tempFolder();
mkdirSync(join(otherHome, 'config'), { recursive: true });
cpSync(join(installation.home, 'config/catalog'), join(otherHome, 'config/catalog'), { recursive: true });
const OTHER = { VNCCTL_HOME: otherHome, HOME: otherHome };
const machines = [{}, OTHER];

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}

// The tiny image has no web server, by which alone a screen is reached on another machine.
const up = (env: Record<string, string>, client: string, ...args: string[]): Promise<Finished> => installation.vncctlWith(env, 'up', client, '--image', 'tiny', '--wait', 'running', '--json', ...args);
const idIn = ({ stdout }: Finished): string => (JSON.parse(stdout) as { id: string }).id;

async function desktops(): Promise<string[]> {
  return (await installation.containers()).map(({ Names, State }) => `${Names[0] ?? ''} ${State}`);
}

test('up of one client from both at once gives both the same desktop', async () => {
  const given = await Promise.all([0, 1, 0, 1].map((machine) => succeeds(up(machines[machine] ?? {}, CLIENT))));
  expect(new Set(given.map(idIn)).size).toBe(1);
  expect(await desktops()).toEqual([expect.stringMatching(/11 running$|\d running$/)]);
});

test('up --recreate from both at once leaves one desktop, and no lock', async () => {
  await succeeds(up({}, CLIENT));
  await Promise.all(machines.map((env) => succeeds(up(env, CLIENT, '--recreate'))));
  expect(await desktops()).toHaveLength(1);
  expect(idIn(await succeeds(up({}, CLIENT)))).toBe(idIn(await succeeds(up(OTHER, CLIENT))));
});

test('rm on one beside up on the other ends with the desktop that up was told of, or none after it', async () => {
  await succeeds(up({}, CLIENT));
  for (let round = 0; round < 3; round++) {
    const [made] = await Promise.all([succeeds(up(OTHER, CLIENT, '--recreate')), installation.vncctlWith({}, 'rm', CLIENT, '--ignore-missing')]);
    const left = await installation.containers();
    expect(left.length).toBeLessThan(2);
    if (left[0]) expect(left[0].Labels['io.vncctl.desktop']).toBe(idIn(made));
    await succeeds(up({}, CLIENT));
    expect(await desktops()).toHaveLength(1);
  }
  await succeeds(installation.vncctlWith({}, 'rm', CLIENT));
  expect(await desktops()).toEqual([]);
});

test('a lock whose holder was killed is taken over, and what it made half is put right from the other machine', async () => {
  await succeeds(up({}, CLIENT));
  const killed = installation.start('up', CLIENT, '--image', 'tiny', '--wait', 'rfb', '--recreate');
  for (;;) {
    const all = await installation.containers();
    if (all.some(({ Names, State }) => Names[0]?.includes('next_') && State === 'running')) break;
    if (killed.child.exitCode !== null) throw new Error('it ended before it could be killed');
    await new Promise((resolve) => setImmediate(resolve));
  }
  killed.child.kill('SIGKILL');
  await killed.finished;
  expect((await desktops()).length).toBeGreaterThan(1);
  await succeeds(up(OTHER, CLIENT, '--recreate'));
  expect(await desktops()).toHaveLength(1);
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ONE } from '../support/certificates.ts';
import { compileProgram } from '../support/compiled.ts';
import { tempFolder } from '../support/temp-folder.ts';

const home = tempFolder();

let program = '';

beforeAll(async () => {
  program = await compileProgram('door-child', home);
});

/** The activator takes no port 0; any is free since the address is this run's alone. */
const host = `127.77.${(process.pid >> 8) & 255}.${process.pid & 255}`;

/** Starts the activator; the program takes its place and pid at the first connection. */
async function activate(address: string) {
  return activateProgram(address, [process.execPath, program]);
}

async function activateProgram(address: string, command: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const passed = Object.entries(env).flatMap(([name, value]) => ['-E', `${name}=${value}`]);
  const activator = spawn('systemd-socket-activate', ['-l', address, ...passed, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void activator.kill('SIGKILL'));
  expect(String((await once(activator.stderr, 'data'))[0])).toContain('Listening on');
  const line = once(createInterface(activator.stdout), 'line') as Promise<[string]>;
  return { activator, said: async () => JSON.parse((await line)[0]) as { where: string; ofChild: string } };
}

function ask(options: RequestOptions & { ca?: string; servername?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = (options.ca === undefined ? request : requestTls)({ ...options, path: '/readyz', agent: false }, (response) => void text(response).then(resolve, reject));
    sent.once('error', reject);
    sent.end();
  });
}

test('the first connection starts the daemon, which answers it; its children get neither the socket nor the variables', async () => {
  const socketPath = join(home, 'door.sock');
  const { activator, said } = await activate(socketPath);
  expect(JSON.parse(await ask({ socketPath, headers: { host: 'any.example' } }))).toEqual({ ready: true, pid: activator.pid });
  const { where, ofChild } = await said();
  expect(where).toBe('a Unix socket');
  expect(ofChild).toMatch(/^variables=$/m);
  expect(ofChild).not.toMatch(/ (?![012] )\d+ -> socket:/);
  const ended = once(activator, 'exit');
  activator.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a port that was passed on loopback is guarded against foreign host names as any other', async () => {
  const port = 47_321;
  const { activator, said } = await activate(`${host}:${port}`);
  expect(JSON.parse(await ask({ host, port }))).toEqual({ ready: true, pid: activator.pid });
  expect((await said()).where).toBe(`${host}:${port}`);
  expect(JSON.parse(await ask({ host, port, headers: { host: 'evil.example' } }))).toHaveProperty('error');
});

test('with a certificate the whole daemon speaks TLS at the socket that was passed, and says so of its links', async () => {
  const port = 47_322;
  const [cert, key] = [join(home, 'cert.pem'), join(home, 'key.pem')];
  writeFileSync(cert, ONE.cert);
  writeFileSync(key, ONE.key, { mode: 0o600 });
  // No engine is there: it is watched for, and the door is open meanwhile.
  const env = { VNCCTL_HOME: join(home, 'installation'), DOCKER_HOST: `unix://${join(home, 'nobody.sock')}`, PATH: process.env['PATH'] ?? '' };
  const vncctl = [process.execPath, fileURLToPath(new URL('../../bin/vncctl.js', import.meta.url))];
  const { activator } = await activateProgram(`${host}:${port}`, [...vncctl, 'daemon', '--tls-cert', cert, '--tls-key', key], env);
  expect(JSON.parse(await ask({ host, port, ca: ONE.cert, servername: 'localhost' }))).toMatchObject({ ready: false });
  await expect(ask({ host, port })).rejects.toThrow();
  const [node = '', ...args] = [...vncctl, 'dashboard', '--print'];
  expect((await promisify(execFile)(node, args, { env })).stdout).toMatch(new RegExp(`^https://${host.replaceAll('.', '\\.')}:${port}/#ticket=`));
  const ended = once(activator, 'exit');
  activator.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { compileProgram } from '../support/compiled.ts';
import { tempFolder } from '../support/temp-folder.ts';

const home = tempFolder();

let program = '';

beforeAll(async () => {
  program = await compileProgram('door-child', home);
});

/** Starts the activator; the program takes its place and pid at the first connection. */
async function activate(address: string) {
  const activator = spawn('systemd-socket-activate', ['-l', address, process.execPath, program], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void activator.kill('SIGKILL'));
  expect(String((await once(activator.stderr, 'data'))[0])).toContain('Listening on');
  const line = once(createInterface(activator.stdout), 'line') as Promise<[string]>;
  return { activator, said: async () => JSON.parse((await line)[0]) as { where: string; ofChild: string } };
}

function ask(options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, path: '/readyz', agent: false }, (response) => void text(response).then(resolve, reject));
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
  // The activator takes no port 0; this one is free since the address is this test's alone.
  const host = `127.77.${(process.pid >> 8) & 255}.${process.pid & 255}`;
  const port = 47_321;
  const { activator, said } = await activate(`${host}:${port}`);
  expect(JSON.parse(await ask({ host, port }))).toEqual({ ready: true, pid: activator.pid });
  expect((await said()).where).toBe(`${host}:${port}`);
  expect(JSON.parse(await ask({ host, port, headers: { host: 'evil.example' } }))).toHaveProperty('error');
});

// Ports of the host: what another program holds is never handed out, whenever it took it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Finished, proxiedInstallation } from '../support/cli.ts';

const installation = await proxiedInstallation({ ports: 3 });
const { up, startUp, vncctl, proxy, ports } = installation;

const listeners: Server[] = [];
afterEach(async () => {
  for (const server of listeners.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

test.each(['127.0.0.1', '0.0.0.0'])('a port that another program listens on (%s) is not handed out', async (address) => {
  await listen(ports.min, address);
  expect(await linkOf(up('11122233344'))).toBe(`http://localhost:${ports.min + 1}/`);
});

test('a port that another program takes between the look and the start is given up for the next one', async () => {
  const started = proxy.hold({ method: 'POST', path: /^\/containers\/[^/]+\/start/, stop: 'request' });
  const running = startUp('11122233344');
  await started.held;
  await listen(ports.min);
  started.release();
  expect(await linkOf(running.finished)).toBe(`http://localhost:${ports.min + 1}/`);
  expect((await installation.onlyContainer()).State).toBe('running');
  expect(installation.state().reservations).toEqual([]);
});

test('a stopped desktop whose port was taken meanwhile comes back on another, and says so', async () => {
  await linkOf(up('11122233344'));
  const { Id } = await installation.onlyContainer();
  await installation.api.call('POST', `/containers/${Id}/stop?t=1`);
  await listen(ports.min);
  const again = await up('11122233344');
  expect(again.stdout.trim()).toBe(`http://localhost:${ports.min + 1}/`);
  expect(again.stderr).toContain('port was taken by another program');
  await installation.onlyContainer();
});

test('a stopped desktop keeps its port for itself', async () => {
  const link = await linkOf(up('11122233344'));
  const { Id } = await installation.onlyContainer();
  await installation.api.call('POST', `/containers/${Id}/stop?t=1`);
  expect(await linkOf(up('22233344455'))).not.toBe(link);
  expect(await linkOf(up('11122233344'))).toBe(link);
});

test('a full range is refused with the range and the desktop that was idle for longest', async () => {
  await listen(ports.min + 2);
  await linkOf(up('11122233344'));
  await linkOf(up('22233344455'));
  await vncctl('touch', '11122233344');
  const refused = await up('33344455566');
  expect(refused.exitCode).toBe(5);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain(`between ${ports.min} and ${ports.max}: 3 in use (2 by desktops, 1 by other programs)`);
  expect(refused.stderr).toMatch(/hint: .*222\.333\.444-55 .*vncctl rm 222\.333\.444-55/);
  expect(await installation.containers()).toHaveLength(2);
  expect(installation.state().reservations).toEqual([]);
});

async function linkOf(command: Promise<Finished>): Promise<string> {
  const { exitCode, stdout, stderr } = await command;
  expect(exitCode, stderr).toBe(0);
  return stdout.trim();
}

async function listen(port: number, host = '127.0.0.1'): Promise<void> {
  const server = createServer();
  listeners.push(server);
  server.listen(port, host);
  await once(server, 'listening');
}

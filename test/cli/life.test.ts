// The life of one desktop of the kiosk image, from nothing to nothing, command by command.
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { type Finished, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const { vncctl, api } = installation;

const CLIENT = '111.222.333-44';
const DIGITS = '11122233344';

interface Inspected {
  Config: { User: string; Labels: Record<string, string>; Env: string[] };
  HostConfig: {
    CapDrop: string[];
    CapAdd: string[] | null;
    SecurityOpt: string[];
    PidsLimit: number;
    Memory: number;
    MemorySwap: number;
    ShmSize: number;
    Init: boolean;
    Privileged: boolean;
    LogConfig: { Type: string; Config: Record<string, string> };
    PortBindings: Record<string, { HostIp: string; HostPort: string }[]>;
  };
}

test('a desktop of the kiosk is made, found, shown, kept and removed, and nothing of it is left', async () => {
  const up = await vncctl('up', CLIENT);
  expect(up.exitCode, up.stderr).toBe(0);
  expect(up.stdout).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${installation.ports.min}/#key=[A-Za-z0-9]{8}\n$`));
  expect(up.stderr).toContain('check digits');
  const link = up.stdout.trim();
  const secret = link.split('#key=')[1] ?? '';

  const ls = await vncctl('ls');
  expect(ls.exitCode, ls.stderr).toBe(0);
  const [headings, row, ...more] = ls.stdout.trimEnd().split('\n');
  expect(headings?.split(/\s{2,}/)).toEqual(['CLIENT', 'STATUS', 'IMAGE', 'URL', 'CREATED', 'LAST USED', 'EXPIRES', 'WHY']);
  expect(row).toMatch(/^111\.222\.333-44 +ready +firefox-kiosk +http:\/\/127\.0\.0\.1:\d+\/ /);
  expect(more).toEqual([]);
  expect(ls.stderr).toBe('');

  expect((await vncctl('open', '--print', DIGITS)).stdout.trim()).toBe(link);
  const before = await lastUsed();
  expect((await vncctl('touch', CLIENT)).exitCode).toBe(0);
  expect(Date.parse(await lastUsed())).toBeGreaterThan(Date.parse(before));

  for (const shown of [await vncctl('inspect', CLIENT), await vncctl('inspect', CLIENT, '--json'), await vncctl('ls', '--json')]) {
    expect(shown.exitCode, shown.stderr).toBe(0);
    expect(shown.stdout + shown.stderr).not.toContain(secret);
  }
  expect((await vncctl('inspect', CLIENT, '--secret')).stdout).toContain(secret);

  const page = await (await fetch(link)).text();
  expect(page).toContain('<html');
  expect(page).not.toContain(secret);
  await checkContainer(secret);

  const removed = await vncctl('rm', CLIENT);
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(removed.stdout).toBe(`${CLIENT}\n`);
  expect(await installation.containers()).toEqual([]);
  expect(installation.state()).toMatchObject({ allocations: {}, reservations: [] });
  expect((await vncctl('rm', '--all', '--yes')).exitCode).toBe(0);
  expect(await labelledNetworks()).toEqual([]);
  const empty = await vncctl('ls');
  expect(empty.exitCode).toBe(0);
  expect(empty.stdout).toMatch(/^CLIENT .*LAST USED +EXPIRES +WHY\n$/);
});

test('a second up gives the same link at once and keeps the desktop', async () => {
  const first = await json(vncctl('up', CLIENT, '--json', '--wait', 'rfb'));
  const second = await json(vncctl('up', DIGITS, '--json', '--wait', 'rfb'));
  expect(second).toMatchObject({ outcome: 'reused', id: first['id'], url: first['url'] });
});

async function lastUsed(): Promise<string> {
  const [row] = (await json(vncctl('ls', '--json'))) as unknown as { lastUsedAt: string }[];
  return row?.lastUsedAt ?? '';
}

async function json(command: Promise<Finished>): Promise<Record<string, unknown>> {
  const { stdout, stderr, exitCode } = await command;
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function labelledNetworks(): Promise<unknown[]> {
  return api.call('GET', `/networks?filters=${encodeURIComponent(JSON.stringify({ label: [`io.vncctl.instance=${installation.instance}`] }))}`);
}

async function checkContainer(secret: string): Promise<void> {
  const { Id } = await installation.onlyContainer();
  const { Config: config, HostConfig: host } = await api.call<Inspected>('GET', `/containers/${Id}/json`);
  expect(config.User).toBe('1000:1000');
  expect(host.CapDrop).toEqual(['ALL']);
  expect(host.CapAdd ?? []).toEqual([]);
  expect(host.SecurityOpt).toEqual(['no-new-privileges']);
  expect(host.Privileged).toBe(false);
  expect(host.Init).toBe(false);
  expect(host.PidsLimit).toBe(512);
  expect(host.Memory).toBe(1024 ** 3);
  expect(host.MemorySwap).toBe(host.Memory);
  expect(host.ShmSize).toBe(256 * 1024 ** 2);
  expect(host.LogConfig).toMatchObject({ Type: 'json-file', Config: { 'max-size': expect.stringMatching(/^\d+$/), 'max-file': '1' } });
  expect(host.PortBindings).toEqual({ '6080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(installation.ports.min) }] });
  expect(JSON.stringify(config.Labels)).not.toContain(secret);
  expect(await connects('127.0.0.1', installation.ports.min)).toBe(true);
  const others = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal));
  expect(others).not.toEqual([]);
  for (const { address } of others) expect(await connects(address, installation.ports.min), address).toBe(false);
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

// What the processes of a desktop were started with: a program in it can read that of all others of its user, and the host's
// users read all command lines.
import type Docker from 'dockerode';
import { expect, test, vi } from 'vitest';
import { openPage } from '../../src/claim/open-page.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createProbe } from '../../src/rfb/readiness.ts';
import { ownInstallation, runInContainer } from '../support/own-installation.ts';
import { askPort } from '../support/raw-port.ts';
import { secretOf } from '../support/screen.ts';

const SECRET = 'env-test';
const PATIENCE = { timeout: 30_000, interval: 100 };

const installation = ownInstallation();

// Each environment and command line as `<pid> <file> <text>`, with what only this look brings in left out.
const LOOK = 'for each in /proc/[0-9]*; do for file in environ cmdline; do echo "${each#/proc/} $file $(tr "\\0" " " < $each/$file)"; done; done 2>/dev/null';

async function startedWith(container: Docker.Container): Promise<string[]> {
  const exec = await container.exec({ Cmd: ['sh', '-c', LOOK], Env: ['VNC_SECRET=', 'VNC_CLIENT=', 'VNC_URL='], AttachStdout: true, Tty: true });
  const lines = Buffer.concat(await (await exec.start({ Tty: true })).toArray())
    .toString('utf8')
    .split('\n')
    .filter((line) => /^\d+ \w+ ./.test(line));
  expect(lines.some((line) => line.startsWith('1 environ '))).toBe(true);
  expect(lines.some((line) => line.includes('VNCCTL_SCREEN_PID='))).toBe(true);
  expect(lines.some((line) => / cmdline .*firefox-esr .*--profile/.test(line))).toBe(true);
  return lines;
}

/** The lines with the client's number in any spelling: bare, with its marks, or encoded for an address. */
function tellingOf(client: string, lines: readonly string[]): string[] {
  const spelling = new RegExp([...client.replaceAll(/\D/g, '')].join('(?:[^0-9a-zA-Z]|%[0-9a-f]{2}){0,2}'), 'i');
  expect(`#client=${client}`).toMatch(spelling);
  expect(client.replaceAll(/\D/g, '')).toMatch(spelling);
  return lines.filter((line) => spelling.test(line));
}

test.each([
  { image: 'firefox-kiosk', client: '111.444.777-35' },
  { image: 'desktop', client: '529.982.247-25' },
])('no process of a desktop made of $image has the key to its screen or its client in its environment or on its command line', async ({ image, client }) => {
  const { url, container: name } = await installation.up(client, '--image', image, '--direct', '--json');
  const key = secretOf(url);
  expect(key.length).toBeGreaterThan(7);
  const container = installation.container(name);
  // The container itself still says them: that is where vncctl finds them again, and only the engine's users can read it.
  expect((await container.inspect()).Config.Env).toEqual(expect.arrayContaining([`VNC_SECRET=${key}`, `VNC_CLIENT=${client}`]));

  const lines = await startedWith(container);
  expect(lines.filter((line) => line.includes(key))).toEqual([]);
  expect(tellingOf(client, lines)).toEqual([]);
  // As the host's users see it.
  const { Processes } = (await container.top()) as { Processes: string[][] };
  expect(tellingOf(client, Processes.map((process) => process.join(' ')))).toEqual([]);
});

test('a kiosk that was told of its client later has it on no command line either, once its browser was started again', async () => {
  const client = '390.533.447-05';
  const model = (await installation.up('111.444.777-35', '--direct')).container;
  const { container, address } = await installation.startLike(model, [`VNC_SECRET=${SECRET}`]);
  await createProbe({ clock: systemClock }).waitFor('page', { kind: 'tcp', host: address, port: 5900, secret: SECRET }, { signal: AbortSignal.timeout(60_000) });
  await vi.waitFor(async () => expect(await askPort(address, 5901, 'x\n')).toBe(''), PATIENCE);
  await openPage({ host: address, port: 5901 }, SECRET, { clientLabel: client }, { signal: AbortSignal.timeout(20_000), clock: systemClock });
  const browser = async (): Promise<string> => (await startedWith(container)).find((line) => / cmdline .*firefox-esr .*--kiosk/.test(line))?.split(' ')[0] ?? '';
  const before = await browser();
  await runInContainer(container, 'kill', '-TERM', before);
  await vi.waitFor(async () => expect(['', before]).not.toContain(await browser()), PATIENCE);
  expect(tellingOf(client, await startedWith(container))).toEqual([]);
  expect(await runInContainer(container, 'grep', '-c', client, '/home/desktop/firefox/user.js')).toMatch(/^1\b/);
});

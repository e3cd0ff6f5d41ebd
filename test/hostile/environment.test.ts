// What the processes of a desktop were started with: a program in it can read that of all others of its user.
import { expect, test } from 'vitest';
import { ownInstallation } from '../support/own-installation.ts';

const installation = ownInstallation();

// Each environment as `<pid> <variables>`, with what only this look brings in left out.
const LOOK = 'for each in /proc/[0-9]*; do echo "${each#/proc/} $(tr "\\0" " " < $each/environ)"; done 2>/dev/null';

test.each([
  { image: 'firefox-kiosk', client: '111.444.777-35' },
  { image: 'desktop', client: '529.982.247-25' },
])('no process of a desktop made of $image has the key to its screen in its environment', async ({ image, client }) => {
  const { url, container: name } = await installation.up(client, '--image', image, '--direct', '--json');
  const key = new URLSearchParams(new URL(url).hash.slice(1)).get('key') ?? '';
  expect(key.length).toBeGreaterThan(7);
  const container = installation.container(name);
  // The container itself still says it: that is where vncctl finds it again, and only the engine's users can read it.
  expect((await container.inspect()).Config.Env).toContain(`VNC_SECRET=${key}`);

  const exec = await container.exec({ Cmd: ['sh', '-c', LOOK], Env: ['VNC_SECRET='], AttachStdout: true, Tty: true });
  const environments = Buffer.concat(await (await exec.start({ Tty: true })).toArray())
    .toString('utf8')
    .split('\n')
    .filter((line) => /^\d+ ./.test(line));
  expect(environments.some((line) => line.startsWith('1 '))).toBe(true);
  expect(environments.some((line) => line.includes('VNCCTL_SCREEN_PID='))).toBe(true);
  expect(environments.filter((line) => line.includes(key)).map((line) => line.split(' ')[0])).toEqual([]);
});

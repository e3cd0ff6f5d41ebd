// Hooks of the daemon as real programs and a real web server: told of the events with the facts and without the client, and never
// in a sweep's way.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { LifeEvent } from '../../src/core/journal.ts';
import { testInstallation } from '../support/cli.ts';
import { daemonDesktops } from '../support/daemon-desktops.ts';
import { daemonsOf, namesNobody } from '../support/daemons.ts';
import { comesTrue } from '../support/eventually.ts';

const CLIENT = '11122233344';
const ALL = ['created', 'ready', 'warned', 'removed'];

const installation = await testInstallation({ env: { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_WARN_BEFORE: '1s', VNCCTL_REMOVE_AFTER: '3s', SECRET_OF_THE_DAEMON: 'x' } });
const { home } = installation;
const { watching, journal } = daemonsOf(installation, [CLIENT]);
const { make, isGone } = daemonDesktops(installation);

test('a command is told of each event, with the facts in its environment and as JSON on its stdin, and without the client', async () => {
  const told = join(home, 'told');
  const script = join(home, 'hook.sh');
  writeFileSync(script, `{ echo "$VNCCTL_EVENT $VNCCTL_DESKTOP $VNCCTL_IMAGE $VNCCTL_CAUSE"; env; cat; } > "$HOME/part.$$"; cat "$HOME/part.$$" >> ${told}; rm "$HOME/part.$$"\n`);
  const daemon = await watching({ VNCCTL_HOOK: `sh ${script}` });
  const desktop = await make(CLIENT);
  await daemon.line({ event: 'removed', desktop: desktop.id });
  await comesTrue('the hook was told of all', () => existsSync(told) && readFileSync(told, 'utf8').split('"event":').length > ALL.length);
  const text = readFileSync(told, 'utf8');
  namesNobody(text, [CLIENT]);
  expect(text).not.toContain('SECRET_OF_THE_DAEMON');
  const onStdin = text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LifeEvent] : []));
  expect(onStdin).toEqual(journal());
  expect(onStdin.map(({ event }) => event)).toEqual(ALL);
  expect(text).toContain(`removed ${desktop.id} tiny no viewer for 3s\n`);
  expect(text).toContain(`VNCCTL_REMOVE_AT=${onStdin.find(({ event }) => event === 'warned')?.removeAt}\n`);
  rmSync(told);
});

test('a hook that hangs is ended when its time is over, and holds up no sweep and no end of the daemon', async () => {
  const pids = join(home, 'pids');
  const daemon = await watching({ VNCCTL_HOOK: `echo $$ >> ${pids}; exec sleep 1000`, VNCCTL_HOOK_TIMEOUT: '2s' });
  const desktop = await make(CLIENT);
  const created = await daemon.line({ event: 'created', desktop: desktop.id });
  const failed = await daemon.line({ level: 'warning', message: /^the hook/ });
  expect(failed).toMatchObject({ desktop: desktop.id });
  const removed = await daemon.line({ event: 'removed', desktop: desktop.id });
  // Four hooks of two seconds, one after another and waited for, would take longer.
  expect(Date.parse(removed.time) - Date.parse(created.time)).toBeLessThan(8_000);
  await isGone(desktop);
  expect((await daemon.stop()).exitCode).toBe(0);
  await comesTrue('none of them is left', () => readFileSync(pids, 'utf8').trim().split('\n').every((pid) => !existsSync(`/proc/${pid}`)));
});

test('a web address is posted each event as JSON; one that answers an error is told of in the log, without the address', async () => {
  const bodies: LifeEvent[] = [];
  const server = createServer((request, answer) => {
    text(request).then(
      (body) => {
        bodies.push(JSON.parse(body) as LifeEvent);
        answer.writeHead(bodies.length === 1 ? 500 : 204).end();
      },
      () => answer.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const daemon = await watching({ VNCCTL_HOOK: `http://127.0.0.1:${(server.address() as AddressInfo).port}/told?token=of-the-hook` });
  const desktop = await make(CLIENT);
  await daemon.line({ event: 'removed', desktop: desktop.id });
  await comesTrue('the server was told of all', () => bodies.length === ALL.length);
  expect(bodies.toSorted((a, b) => (a.at < b.at ? -1 : 1))).toEqual(journal());
  namesNobody(JSON.stringify(bodies), [CLIENT]);
  expect(await daemon.line({ level: 'warning', message: /^the hook failed/ })).toMatchObject({ event: 'created', desktop: desktop.id, status: 500 });
  expect(daemon.stderr()).not.toContain('of-the-hook');
});

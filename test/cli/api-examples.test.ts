// The examples of the README's section on the API, each run as it stands, against a daemon and an engine. Only the address is
// another: many daemons share a machine here.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shell, testInstallation } from '../support/cli.ts';
import { daemonsOf } from '../support/daemons.ts';
import { TINY_ENTRY } from '../support/tiny-image.ts';

const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_IMAGE: 'page' } });
// One that is up in milliseconds, and takes a page as the default image does.
writeFileSync(join(installation.home, 'config/catalog/page.yaml'), `${TINY_ENTRY}variables: {url: PAGE}\n`);
const daemons = daemonsOf(installation, ['11122233344', '22233344455']);

const section = /<!-- api examples -->\n```sh\n([\s\S]*?)```/.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))?.[1] ?? '';
const lines = section.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** What an example runs in: a failure of HTTP is one of curl, and what would go on for ever ends after a moment. */
const PRELUDE = `
vncctl() { node "$VNCCTL" "$@"; }
curl() {
  local status=0 limit=60
  [[ " $* " == *" -N "* ]] && limit=2
  command curl --fail-with-body --silent --show-error --max-time $limit "$@" || status=$?
  # The end of what would go on.
  [[ $limit == 2 && $status == 28 ]] && status=0
  echo
  return $status
}
set -eu
`;

test('the section has examples of every route of the API', () => {
  expect(lines.length).toBeGreaterThan(25);
  for (const route of ['desktops', 'why', 'viewers', 'open', 'touch', 'pause', 'wake', 'restart', 'shares', 'images', 'settings', 'stats', 'usage', 'me', 'screen.png', 'health', 'events', 'openapi.json']) expect(section).toContain(route);
});

test('each of them works, one after another', async () => {
  const daemon = await daemons.watching();
  const { message } = await daemon.line({ message: /^answering at / });
  const address = message.replace('answering at ', '');
  // So that a failure names its line.
  const told = lines.map((line) => `echo ${JSON.stringify(`> ${line.replaceAll('$', '').replaceAll('"', "'")}`)}\n${line.replaceAll('127.0.0.1:8080', address)}`);
  const { exitCode, stdout, stderr } = await shell(`${PRELUDE}${told.join('\n')}`, installation);
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  const answers = new Map(stdout.split(/^> /m).slice(1).map((block): [string, string] => [block.split('\n')[0] ?? '', block.split('\n').slice(1).join('\n').trim()]));
  const answerTo = (part: string): string => [...answers].find(([line]) => line.includes(part))?.[1] ?? '';
  expect(JSON.parse(answerTo('https://example.org/'))).toMatchObject({ outcome: 'created', client: '11122233344', door: 'gateway', lease: { idle: { length: '30m' } } });
  expect(answerTo('order-4711')).toMatch(/^HTTP\/1\.1 202 Accepted[\s\S]*location: \.\.\/\.\.\/api\/v1\/operations\/[0-9a-f]+[\s\S]*"status":"running"/i);
  expect(JSON.parse(answerTo('/pause'))).toMatchObject({ status: 'paused' });
  expect(JSON.parse(answerTo('/restart'))).toMatchObject({ outcome: 'started', status: 'ready' });
  expect(JSON.parse(answerTo('/why'))).toMatchObject({ watched: true, clocks: expect.any(Array) as unknown });
  expect(JSON.parse(answerTo('since=2h'))).toMatchObject({ events: expect.arrayContaining([expect.objectContaining({ event: 'created', client: '11122233344' })]) as unknown });
  expect(answerTo('text/event-stream')).toMatch(/^retry: 2000/);
  expect(JSON.parse(answerTo('confirm=all'))).toMatchObject({ removed: [{ client: '22233344455', removed: true }] });
  expect(JSON.parse(answerTo('openapi.json'))).toMatchObject({ openapi: '3.1.0' });
  expect(await installation.containers()).toEqual([]);
});

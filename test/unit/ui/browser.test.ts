import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { browserCommand, browserOpener, openBrowser, opensBrowser } from '../../../src/ui/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeStreams } from '../../support/fake-streams.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

test('links are only printed over ssh and without a display', () => {
  expect(browserOpener({ env: {} }, 'linux')).toEqual({ opens: false, how: 'there is no display' });
  expect(browserOpener({ env: { DISPLAY: ':0', SSH_CONNECTION: 'x' } }, 'linux').opens).toBe(false);
  expect(browserOpener({ env: { DISPLAY: ':0' } }, 'linux').opens).toBe(true);
  expect(browserOpener({ env: { WAYLAND_DISPLAY: 'wayland-0' } }, 'linux').opens).toBe(true);
  expect(browserOpener({ env: {} }, 'darwin').opens).toBe(true);
});

test('$BROWSER is honoured wherever it is set, and "none" means none', () => {
  expect(browserOpener({ env: { BROWSER: 'w3m', SSH_CONNECTION: 'x' } }, 'linux')).toEqual({ opens: true, how: '$BROWSER (w3m)' });
  expect(browserOpener({ env: { BROWSER: 'none', DISPLAY: ':0' } }, 'linux').opens).toBe(false);
});

test('nothing is opened when stdout is a pipe', () => {
  expect(opensBrowser(fakeStreams({ env: { BROWSER: 'w3m' } }))).toBe(false);
  expect(opensBrowser(fakeStreams({ env: { BROWSER: 'w3m' }, terminals: ['stdout'] }))).toBe(true);
});

test('$BROWSER may be a list and may say where the link goes', () => {
  expect(browserCommand('firefox', 'http://x/')).toEqual(['firefox', 'http://x/']);
  expect(browserCommand('firefox --new-window %s:w3m', 'http://x/')).toEqual(['firefox', '--new-window', 'http://x/']);
  expect(browserCommand('x --url=%s', 'http://x/')).toEqual(['x', '--url=http://x/']);
});

test('the browser of $BROWSER gets the link, without a shell in between', async () => {
  const program = join(home, 'browser.sh');
  const seen = join(home, 'seen');
  writeFileSync(program, `#!/bin/sh\nprintf %s "$1" > '${seen}.new'\nmv '${seen}.new' '${seen}'\n`);
  chmodSync(program, 0o755);
  const io = fakeStreams({ env: { BROWSER: program, PATH: process.env['PATH'] ?? '' } });
  await openBrowser(io, 'http://x/?a=1&b=$(id)#key=y');
  await eventually(() => existsSync(seen));
  expect(readFileSync(seen, 'utf8')).toBe('http://x/?a=1&b=$(id)#key=y');
  expect(io.err()).toBe('');
});

test('a browser that is not there is a note, not a failure', async () => {
  const io = fakeStreams({ env: { BROWSER: join(home, 'no-such-browser') } });
  await openBrowser(io, 'http://x/#key=hunter2');
  expect(io.err()).toBe('note: no browser could be started (ENOENT); open the link yourself\n');
});

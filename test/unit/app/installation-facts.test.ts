import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogVersion, differingFacts, factsOf, heldFacts, type InstallationFacts } from '../../../src/app/installation-facts.ts';
import type { SettingSources } from '../../../src/core/setting-layers.ts';
import { readSettings, settingsOf } from '../../../src/settings.ts';
import { pathsOf } from '../../../src/store/paths.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

function factsWith(env: SettingSources['env'], over: Partial<Parameters<typeof factsOf>[0]> = {}, catalog = ''): InstallationFacts {
  const reading = readSettings({ env });
  return factsOf({ version: '1', root: '/nowhere', paths: pathsOf({ VNCCTL_HOME: home, ...env }, home), reading, settings: settingsOf(reading), ...over }, catalog);
}

const plain = factsWith({});

test.each([
  ['width', factsWith({ VNCCTL_WIDTH: '800' })],
  ['width', factsWith({ VNC_WIDTH: '800' })],
  ['url', factsWith({ VNCCTL_URL: 'https://example.org' })],
  ['naming', factsWith({ VNCCTL_NAMING: 'hashed' })],
  ['idle', factsWith({ VNCCTL_IDLE: '20m' })],
  ['version', factsWith({}, { version: '2' })],
  ['build', factsWith({}, { root: '/elsewhere' })],
  ['files', factsWith({ VNCCTL_STATE_FILE: '/elsewhere/state.json' })],
  ['files', factsWith({ VNCCTL_HOME: '/elsewhere' })],
  ['catalog', factsWith({}, {}, 'another')],
])('another %s is a difference', (name, facts) => {
  expect(differingFacts(plain, facts)).toEqual([name]);
});

test('a length of the lease that comes from elsewhere is told so, and differs', () => {
  expect(differingFacts(plain, factsWith({ VNCCTL_IDLE: '15m' }))).toEqual(['idle']);
});

test('what only the look of the output or the loop of the daemon depends on makes no difference', () => {
  const env = { VNCCTL_COLOR: 'always', VNCCTL_MASK: 'true', VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_HOOK: 'true', VNCCTL_LOG_FORMAT: 'json' };
  expect(differingFacts(plain, factsWith(env))).toEqual([]);
});

test('a fact that only one side knows is a difference', () => {
  expect(differingFacts({ a: '1' }, { a: '1', b: '2' })).toEqual(['b']);
  expect(differingFacts({ a: '1', b: '2' }, { a: '1' })).toEqual(['b']);
});

test('the version of a catalog changes with each file that is added, changed or removed', () => {
  const folder = join(home, 'catalog');
  expect(catalogVersion(folder)).toBe('');
  mkdirSync(folder);
  const versions = new Set([catalogVersion(folder)]);
  writeFileSync(join(folder, 'one.yaml'), 'title: One\n');
  versions.add(catalogVersion(folder));
  writeFileSync(join(folder, 'one.yaml'), 'title: 1\n');
  versions.add(catalogVersion(folder));
  utimesSync(join(folder, 'one.yaml'), 1, 1);
  versions.add(catalogVersion(folder));
  expect(versions.size).toBe(4);
  expect(catalogVersion(folder)).toBe(catalogVersion(folder));
});

test('what a daemon holds on to stays as it was at its start, whatever the settings say now', () => {
  const now = { ...factsWith({ VNCCTL_NAMING: 'hashed', VNCCTL_WIDTH: '800' }, { version: '2' }), ...heldFacts(plain) };
  expect(differingFacts(plain, now)).toEqual(['width']);
});

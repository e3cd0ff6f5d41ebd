import { expect, test } from 'vitest';
import { leaseOfSettings, makeInstallation } from '../../../src/app/installation.ts';
import type { Installation } from '../../../src/core/desktops.ts';
import type { SettingSources } from '../../../src/core/setting-layers.ts';
import { readSettings, settingsOf } from '../../../src/settings.ts';
import { pathsOf } from '../../../src/store/paths.ts';
import type { Store } from '../../../src/core/store.ts';
import { createFakeStore } from '../../support/fake-store.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { DEFAULT_LEASE } from '../../support/test-desktops.ts';

function installationOf(sources: Partial<SettingSources> = {}, store: Store = createFakeStore(), home = tempFolder()): Promise<Installation> {
  const reading = readSettings({ env: {}, ...sources });
  return makeInstallation(settingsOf(reading), reading, pathsOf({}, home), async () => store);
}

test('the lease of the settings says of each length where it comes from', async () => {
  const { lease } = await installationOf({ flags: { idle: '20m' }, env: { IDLE_TIMEOUT_HOURS: '2' }, user: { file: '/u.json', values: { ttl: '1d' } } });
  expect(lease).toEqual({
    idle: { length: 1_200_000, from: 'flag' },
    removeAfter: { length: 7_200_000, from: 'IDLE_TIMEOUT_HOURS' },
    inputIdle: { length: 'never', from: 'default' },
    ttl: { length: 86_400_000, from: '/u.json' },
    maxAge: { length: 'never', from: 'default' },
  });
});

test('where nothing is set the lease is the documented one, which tests of use-cases start from', async () => {
  const reading = readSettings({ env: {} });
  expect(leaseOfSettings(settingsOf(reading), reading)).toEqual(DEFAULT_LEASE);
  expect(await installationOf()).toMatchObject({ lease: DEFAULT_LEASE, warnBeforeMs: 300_000, pauseDirect: false, sweepIntervalMs: 30_000 });
});

test('a warning that is switched off is none before any removal', async () => {
  expect(await installationOf({ env: { VNCCTL_WARN_BEFORE: 'never' } })).toMatchObject({ warnBeforeMs: 0 });
});

test('names are labelled in an installation that begins, plain in one that began with an older version, and as the setting says where it says something', async () => {
  const began = createFakeStore();
  expect((await installationOf({}, began)).naming).toEqual({ kind: 'plain' });
  began.put({ naming: 'labelled' });
  const home = tempFolder();
  const { naming } = await installationOf({}, began, home);
  expect(naming).toMatchObject({ kind: 'labelled' });
  expect((await installationOf({}, began, home)).naming).toEqual(naming);
  expect((await installationOf({ env: { VNCCTL_NAMING: 'plain' } }, began, home)).naming).toMatchObject({ kind: 'plain' });
  expect((await installationOf({ env: { VNCCTL_NAMING: 'hashed' } }, began, home)).naming).toMatchObject({ kind: 'hashed' });
});

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createServices } from '../../../src/app/services.ts';
import { pathsOf } from '../../../src/store/paths.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

test.each<[string, Record<string, string>]>([
  ['nothing', {}],
  ['XDG variables', { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: 'relative' }],
  ['VNCCTL_HOME', { VNCCTL_HOME: '/srv/v', XDG_STATE_HOME: '/s' }],
])('a service finds the places of a shell with %s by the variables of its unit alone', (_, env) => {
  const services = createServices({ env, home, root: '' });
  const { environment, paths } = services.viewOf(services.self);
  expect(paths).toEqual(pathsOf(env, home));
  expect(pathsOf(environment, '/of/somebody/else')).toEqual(paths);
});

test('the settings of a service are those of the file and no variable\'s', () => {
  const env = { VNCCTL_HOME: join(home, 'own'), VNCCTL_WIDTH: '800', VNC_HEIGHT: '700' };
  const file = pathsOf(env, home).userFile;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '{"height": 600}');
  const services = createServices({ env, home, root: '' });
  const { settings } = services.viewOf(services.self).reading;
  expect(settings.filter(({ name }) => name === 'width' || name === 'height').map(({ value }) => value)).toEqual([1280, 600]);
});

test('another account has its own XDG places, and VNCCTL_HOME in common', () => {
  const bob = { name: 'bob', uid: 1, home: '/home/bob' };
  expect(createServices({ env: { XDG_STATE_HOME: '/s' }, home, root: '' }).viewOf(bob).paths.state).toBe('/home/bob/.local/state/vncctl');
  expect(createServices({ env: { VNCCTL_HOME: '/srv/v' }, home, root: '' }).viewOf(bob).paths.state).toBe('/srv/v/state');
});

test('an account is found by name, and what is none is refused without being asked for', async () => {
  const { account } = createServices({ env: {}, home, root: '' });
  const { username, uid, homedir } = userInfo();
  expect(await account(username)).toEqual({ name: username, uid, home: homedir });
  for (const name of ['nobody-of-this-name', '--help', 'a b', 'a\nb', '']) await expect(account(name)).rejects.toMatchObject({ code: 'USAGE' });
});

test('folders are made for their owner only, and may be there already', async () => {
  const { host } = createServices({ env: {}, home, root: '' });
  const folder = join(home, 'made/state');
  await host.makeFolders([folder, folder], undefined);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  writeFileSync(join(home, 'file'), '');
  await expect(host.makeFolders([join(home, 'file/below')], undefined)).rejects.toMatchObject({ code: 'STORE_DENIED' });
});

test('a unit of a user is kept where every service manager looks', () => {
  const { host } = createServices({ env: { XDG_CONFIG_HOME: '/elsewhere' }, home, root: '' });
  expect(host.unitPath('user', 'vncctl.service')).toBe(join(home, '.config/systemd/user/vncctl.service'));
  expect(host.unitPath('system', 'vncctl.service')).toBe('/etc/systemd/system/vncctl.service');
});

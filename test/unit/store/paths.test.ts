import { expect, test } from 'vitest';
import { daemonFileOf, daemonSocketOf, eventsFileOf, instanceKeyFileOf, pathsOf, stateFileOf } from '../../../src/store/paths.ts';

test('without variables the places are those of XDG under the home folder', () => {
  expect(pathsOf({}, '/home/ana')).toEqual({
    config: '/home/ana/.config/vncctl',
    state: '/home/ana/.local/state/vncctl',
    cache: '/home/ana/.cache/vncctl',
    userFile: '/home/ana/.config/vncctl/config.json',
    catalog: '/home/ana/.config/vncctl/catalog',
  });
});

test('the XDG variables move each place, relative ones are ignored', () => {
  const paths = pathsOf({ XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: 'relative' }, '/home/ana');
  expect([paths.config, paths.state, paths.cache]).toEqual(['/c/vncctl', '/s/vncctl', '/home/ana/.cache/vncctl']);
});

test('VNCCTL_HOME puts everything under one folder, whatever XDG says', () => {
  const paths = pathsOf({ VNCCTL_HOME: '/v', XDG_CONFIG_HOME: '/c' }, '/home/ana');
  expect([paths.config, paths.state, paths.cache]).toEqual(['/v/config', '/v/state', '/v/cache']);
});

test('each instance has files of its own', () => {
  const paths = pathsOf({ VNCCTL_HOME: '/v' }, '/home/ana');
  expect(stateFileOf(paths, 'default')).toBe('/v/state/default/state.json');
  expect(stateFileOf(paths, 'two', '/elsewhere/s.json')).toBe('/elsewhere/s.two.json');
  expect(instanceKeyFileOf(paths, 'two')).toBe('/v/config/two.key');
  expect(eventsFileOf(paths, 'two')).toBe('/v/state/two/events.jsonl');
  expect(daemonFileOf(paths, 'two')).toBe('/v/state/two/daemon.json');
});

test('the socket of the daemon is beside its state', () => {
  expect(daemonSocketOf(pathsOf({ VNCCTL_HOME: '/v' }, '/home/ana'), 'two', { XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/v/state/two/daemon.sock');
});

test.each([
  ['/run/user/7', '/run/user/7'],
  ['relative', '/tmp'],
  [undefined, '/tmp'],
  [`/${'r'.repeat(70)}`, '/tmp'],
])('where that lies too deep for a socket and XDG_RUNTIME_DIR is %s, it is in a folder of its own in %s', (runtime, base) => {
  const deep = (name: string): string => daemonSocketOf(pathsOf({ VNCCTL_HOME: `/${'ã'.repeat(45)}` }, '/home/ana'), name, { XDG_RUNTIME_DIR: runtime });
  expect(deep('two')).toMatch(new RegExp(`^${base}/vncctl-[0-9a-f]{16}/daemon\\.sock$`));
  expect(Buffer.byteLength(deep('two'))).toBeLessThanOrEqual(100);
  expect(deep('two')).toBe(deep('two'));
  expect(deep('two')).not.toBe(deep('six'));
});

import { expect, test } from 'vitest';
import { daemonFileOf, eventsFileOf, instanceKeyFileOf, pathsOf, stateFileOf } from '../../../src/store/paths.ts';

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

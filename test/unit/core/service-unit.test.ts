import { expect, test } from 'vitest';
import { type DaemonService, engineUnitOf, isOurUnit, isTemporary, renderUnits, unitNames } from '../../../src/core/service-unit.ts';

const TEMPLATES = {
  service: ['## for readers', '# Written by vncctl daemon install', 'ExecStart={{command}}', 'Wants={{engineUnit}}', '@system User={{user}}', '@user # of {{instance}}', 'Environment={{environment}}', 'ReadWritePaths={{writable}}', 'PrivateTmp={{privateTmp}}', ''].join('\n'),
  socket: ['# Written by vncctl daemon install', 'ListenStream={{listen}}', ''].join('\n'),
};

function lines(changes: Partial<DaemonService> = {}, unit: 'service' | 'socket' = 'service'): string[] {
  const service: DaemonService = {
    scope: 'system',
    instance: 'default',
    user: 'root',
    command: ['/usr/bin/node', '/opt/vncctl.js', 'daemon'],
    environment: {},
    writable: [],
    privateTmp: true,
    stopWithinMs: 38_000,
    ...changes,
  };
  const found = renderUnits(TEMPLATES, service).find(({ name }) => name.endsWith(unit));
  return found?.text.split('\n') ?? [];
}

test('a line for readers, for the other service manager or without its value is left out', () => {
  expect(lines()).toEqual(['# Written by vncctl daemon install', 'ExecStart=/usr/bin/node /opt/vncctl.js daemon', 'User=root', 'PrivateTmp=yes', '']);
  expect(lines({ scope: 'user', instance: 'two' })).toEqual(['# Written by vncctl daemon install', 'ExecStart=/usr/bin/node /opt/vncctl.js daemon', '# of two', 'PrivateTmp=yes', '']);
});

test.each([
  ['/a b/node', '"/a b/node"'],
  ['/100%/node', '/100%%/node'],
  ['/"x"/node', '"/\\"x\\"/node"'],
  ['/back\\slash', '"/back\\\\slash"'],
  ["/it's", '"/it\'s"'],
  ['/a;b', '"/a;b"'],
  ['/%h b', '"/%%h b"'],
])('%s is one word, taken as it stands', (path, written) => {
  expect(lines({ command: ['/node', path] })).toContain(`ExecStart=/node ${written}`);
  expect(lines({ writable: [{ folder: path }] })).toContain(`ReadWritePaths=${written}`);
});

test('a program is quoted like every word, and one that systemd would not start is refused', () => {
  expect(lines({ command: ['/100% a/node'] })).toContain('ExecStart="/100%% a/node"');
  for (const path of ['/"x"/node', "/it's/node", '/back\\slash']) expect(() => lines({ command: [path] })).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('a dollar sign is doubled in arguments, and only there', () => {
  expect(lines({ command: ['/$HOME/node', '/$HOME/x'] })).toContain('ExecStart="/$HOME/node" "/$$HOME/x"');
  expect(lines({ environment: { A: '/$HOME' }, writable: [{ folder: '/$HOME' }] })).toEqual(expect.arrayContaining(['Environment="A=/$HOME"', 'ReadWritePaths="/$HOME"']));
});

test('several variables and folders stand on one line, each a word of its own', () => {
  expect(lines({ environment: { A: '/a b', B: '/%' } })).toContain('Environment="A=/a b" B=/%%');
  expect(lines({ writable: [{ folder: '/a' }, { folder: '/b c', optional: true }] })).toContain('ReadWritePaths=/a "-/b c"');
});

test.each(['/a\nExecStartPre=/bin/evil', '/a\r', '/a\tb', '/a\u0000', '/a\u007f'])('%j is refused wherever it stands', (path) => {
  for (const changes of [{ command: [path] }, { command: ['/node', path] }, { environment: { A: path } }, { writable: [{ folder: path }] }]) {
    expect(() => lines(changes)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});

test('the socket is there exactly when there is an address, IPv6 in brackets', () => {
  expect(lines({}, 'socket')).toEqual([]);
  expect(lines({ listen: { host: '127.0.0.1', port: 8080 } }, 'socket')).toContain('ListenStream=127.0.0.1:8080');
  expect(lines({ listen: { host: '::1', port: 81 } }, 'socket')).toContain('ListenStream=[::1]:81');
});

test('an instance other than the default is part of the names', () => {
  expect(unitNames('default')).toEqual({ service: 'vncctl.service', socket: 'vncctl.socket' });
  expect(unitNames('two')).toEqual({ service: 'vncctl-two.service', socket: 'vncctl-two.socket' });
});

test('a unit is ours by its first line alone', () => {
  expect(isOurUnit(lines().join('\n'))).toBe(true);
  expect(isOurUnit(`\n${lines().join('\n')}`)).toBe(false);
  expect(isOurUnit('')).toBe(false);
});

test.each([
  [undefined, 'system', 'docker.service'],
  [undefined, 'user', undefined],
  ['unix:///var/run/docker.sock', 'system', 'docker.service'],
  ['unix:///run/docker.sock', 'system', 'docker.service'],
  ['unix:///run/podman/podman.sock', 'system', 'podman.socket'],
  ['unix:///var/run/docker.sock', 'user', undefined],
  ['unix:///run/user/1000/docker.sock', 'user', 'docker.service'],
  ['unix:///run/user/1000/podman/podman.sock', 'user', 'podman.socket'],
  ['unix:///run/user/1000/docker.sock', 'system', undefined],
  ['tcp://host:2375', 'system', undefined],
  ['unix:///root/.local/state/vncctl/engine/docker.sock', 'system', undefined],
] as const)('the engine at %s, seen from the %s, is started by %s', (address, scope, unit) => {
  expect(engineUnitOf(address, scope)).toBe(unit);
});

test.each([
  ['/tmp', true],
  ['/tmp/x', true],
  ['/var/tmp/x', true],
  ['/tmpfs/x', false],
  ['/home/tmp/x', false],
])('%s is hidden by a private /tmp: %s', (path, hidden) => {
  expect(isTemporary(path)).toBe(hidden);
});

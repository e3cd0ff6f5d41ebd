import { expect, test } from 'vitest';
import { describeOrigin, type SettingSources } from '../../src/core/setting-layers.ts';
import type { VncctlError } from '../../src/errors.ts';
import {
  checkChange,
  definitionOf,
  getSettingName,
  ownVariable,
  readSettings,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  settingsOf,
} from '../../src/settings.ts';

function settings(sources: Partial<SettingSources> = {}): Settings {
  return settingsOf(readSettings({ env: {}, ...sources }));
}

function origin(name: SettingName, sources: Partial<SettingSources>): string {
  const found = readSettings({ env: {}, ...sources }).settings.find((setting) => setting.name === name);
  return found ? describeOrigin(found.origin) : '';
}

function failure(sources: Partial<SettingSources>): VncctlError {
  try {
    settings(sources);
  } catch (error) {
    return error as VncctlError;
  }
  throw new Error('nothing was refused');
}

const [MINUTE, HOUR] = [60_000, 3_600_000];

test('nothing set gives the documented defaults', () => {
  expect(settings()).toEqual({
    instance: 'default', engine: undefined, engineDeadline: 15_000, image: 'firefox-kiosk', url: undefined, app: undefined, width: 1280, height: 720,
    host: '127.0.0.1', bind: '127.0.0.1', portMin: 5000, portMax: 5020, containerPort: 6080, network: 'vncctl', hostAccess: 'auto', subnet: undefined, prefix: 'vnc_',
    clientIds: 'cpf', naming: undefined, mask: false, stateFile: undefined, color: 'auto', parallel: 8, wait: undefined, timeout: undefined,
    idle: 15 * MINUTE, removeAfter: 8 * HOUR, inputIdle: 'never', ttl: 'never', maxAge: 'never', warnBefore: 5 * MINUTE, pauseDirect: false, pool: [], poolMaxAge: 4 * HOUR, reserveMemory: 256 * 1024 ** 2, diskMax: 2 * 1024 ** 3, queue: 'off', sweepInterval: 30_000,
    listen: { host: '127.0.0.1', port: 8080 }, publicUrl: undefined, trustedProxies: [], tlsCert: undefined, tlsKey: undefined,
    connectTimeout: 5_000, viewerTimeout: 300_000, pingInterval: 25_000, maxViewers: 1_000, drain: 30_000, auth: 'token', corsOrigins: [], dialects: [], logFormat: 'auto', hook: undefined, hookTimeout: 10_000,
  });
});

test('flags beat the environment, that the project, that the user file, that the default', () => {
  const all = { flags: { width: '1001' }, env: { VNC_WIDTH: '1002' }, project: { file: '/p/.env', text: 'VNC_WIDTH=1003' }, user: { file: '/u.json', values: { width: 1004 } } };
  expect(settings(all).width).toBe(1001);
  expect(settings({ ...all, flags: {} }).width).toBe(1002);
  expect(settings({ ...all, flags: {}, env: {} }).width).toBe(1003);
  expect(settings({ user: all.user }).width).toBe(1004);
});

test('every value knows where it came from', () => {
  expect(origin('width', { flags: { width: '800' } })).toBe('flag');
  expect(origin('width', { env: { VNC_WIDTH: '800' } })).toBe('VNC_WIDTH');
  expect(origin('width', { project: { file: '/p/.env', text: 'VNCCTL_WIDTH=800' } })).toBe('VNCCTL_WIDTH in /p/.env');
  expect(origin('width', { user: { file: '/u.json', values: { width: 800 } } })).toBe('/u.json');
  expect(origin('width', {})).toBe('default');
});

test('every setting has a variable of its own, which beats the ancestors of its layer', () => {
  expect(ownVariable('portMin')).toBe('VNCCTL_PORT_MIN');
  for (const name of SETTING_NAMES) {
    const [ancestor] = definitionOf(name).ancestors;
    if (ancestor) expect(origin(name, { env: { [ownVariable(name)]: 'x', [ancestor.name]: 'y' } })).toBe(ownVariable(name));
  }
});

test.each([
  ['image', 'VNC_IMAGE', 'my/image:1'],
  ['app', 'VNC_APPNAME', 'xterm'],
  ['width', 'VNC_WIDTH', '800'],
  ['height', 'VNC_HEIGHT', '600'],
  ['host', 'VNC_HOST', 'localhost'],
  ['portMin', 'PORT_RANGE_MIN', '4000'],
  ['portMin', 'PORT_RANGE_START', '4000'],
  ['portMax', 'PORT_RANGE_MAX', '6000'],
  ['containerPort', 'VNC_CONTAINER_PORT', '80'],
  ['network', 'DOCKER_NETWORK_NAME', 'net_1'],
  ['subnet', 'DOCKER_NETWORK_SUBNET', '172.30.0.0/16'],
  ['prefix', 'CONTAINER_BASE_NAME', 'kiosk-'],
  ['stateFile', 'STATE_FILE', '/tmp/state.json'],
] as const)('%s is also taken from %s', (name, variable, typed) => {
  expect(String(settings({ env: { [variable]: typed } })[name])).toBe(typed);
});

test('the end of the range in PORT_RANGE_END is exclusive', () => {
  expect(settings({ env: { PORT_RANGE_START: '6000', PORT_RANGE_END: '6010' } })).toMatchObject({ portMin: 6000, portMax: 6009 });
});

test.each([
  ['removeAfter', 'IDLE_TIMEOUT_HOURS', '8', 8 * HOUR],
  ['removeAfter', 'IDLE_TIMEOUT_HOURS', '0.5', 30 * MINUTE],
  ['removeAfter', 'CONTAINER_NO_CLIENT_TIMEOUT', '15', 15 * MINUTE],
  ['sweepInterval', 'CLEANUP_INTERVAL_MINUTES', '30', 30 * MINUTE],
  ['listen', 'ORCHESTRATOR_PORT', '8081', { host: '127.0.0.1', port: 8081 }],
  ['connectTimeout', 'TCP_CONNECT_TIMEOUT_MS', '2500', 2500],
  ['viewerTimeout', 'TCP_IDLE_TIMEOUT_MS', '120000', 2 * MINUTE],
  ['viewerTimeout', 'WS_READ_TIMEOUT_MS', '120000', 2 * MINUTE],
  ['maxViewers', 'MAX_CONCURRENT_SESSIONS', '50', 50],
  ['drain', 'SHUTDOWN_GRACE_MS', '500', 500],
] as const)('%s takes the number in %s in the unit of its system', (name, variable, typed, value) => {
  expect(settings({ env: { [variable]: typed } })[name]).toEqual(value);
});

test.each(['idle', 'removeAfter', 'inputIdle', 'ttl', 'maxAge', 'warnBefore'] as const)('0, never and off switch %s off; none of them means "at once"', (name) => {
  for (const typed of ['0', '0s', 'never', 'off', 'Never']) expect(settings({ env: { [ownVariable(name)]: typed } })[name]).toBe('never');
  expect(settings({ env: { [ownVariable(name)]: '1s' } })[name]).toBe(1000);
  expect(failure({ env: { [ownVariable(name)]: '15' } }).message).toContain('or never');
});

test("an ancestor's number of nought is off too, and an interval of nought is refused", () => {
  for (const variable of ['IDLE_TIMEOUT_HOURS', 'CONTAINER_NO_CLIENT_TIMEOUT']) expect(settings({ env: { [variable]: '0' } }).removeAfter).toBe('never');
  expect(failure({ env: { CLEANUP_INTERVAL_MINUTES: '0' } }).message).toContain('sweepInterval: "0" is not a duration');
});

test.each([
  ['publicUrl', 'https://{id}/', 'is not a web address like https://example.org/vnc, https://example.org/vnc/d/{id}/ or https://{id}.example.org/'],
  ['publicUrl', 'https://{id}.{host}/', '"https://{id}.{host}/" makes no host name with the host 127.0.0.1 (default)'],
  ['trustedProxies', '10.0.0.1/8', 'is not addresses and networks like 127.0.0.1, 10.0.0.0/8, or none'],
  ['trustedProxies', 'proxy.example.org', 'is not addresses and networks'],
  ['tlsCert', 'server.pem', 'is not an absolute path'],
  ['maxViewers', '0', 'is not a whole number from 1 to 100000'],
] as const)('a %s of %s is refused in clear words', (name, typed, words) => {
  expect(failure({ env: { [ownVariable(name)]: typed } })).toMatchObject({ code: 'BAD_SETTING', message: expect.stringContaining(words) });
});

test('how the daemon is reached is read into what it is', () => {
  const env = { VNCCTL_HOST: 'Box.example.net', VNCCTL_PUBLIC_URL: 'https://{id}.{host}:443', VNCCTL_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8 2001:db8::/32' };
  expect(settings({ env })).toMatchObject({ publicUrl: 'https://{id}.{host}/', trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'] });
  expect(settings({ env: { VNCCTL_TRUSTED_PROXIES: 'none' } }).trustedProxies).toEqual([]);
});

test('a public address that the host makes impossible is refused, whichever of the two is stored last', () => {
  const user = (values: Record<string, unknown>) => ({ file: '/u.json', values });
  expect(() => checkChange('publicUrl', 'https://{id}.{host}/', user({}))).toThrow('makes no host name with the host 127.0.0.1');
  expect(() => checkChange('host', '192.0.2.7', user({ host: 'box.example.net', publicUrl: 'https://{id}.{host}/' }))).toThrow('makes no host name with the host 192.0.2.7');
  expect(checkChange('publicUrl', 'https://{id}.{host}/', user({ host: 'box.example.net' }))).toBe('https://{id}.{host}/');
});

test('an empty variable counts as not set', () => {
  expect(settings({ env: { VNC_WIDTH: '', VNCCTL_WIDTH: ' ', PORT_RANGE_MAX: '' } })).toMatchObject({ width: 1280, portMax: 5020 });
});

test('the older spelling of the program gives the page where its layer sets none', () => {
  expect(settings({ env: { VNC_APPNAME: 'firefox-kiosk https://example.org/a' } }).url).toBe('https://example.org/a');
  expect(origin('url', { env: { VNC_APPNAME: 'firefox-kiosk https://example.org/a' } })).toBe('VNC_APPNAME');
  expect(settings({ env: { VNC_APPNAME: 'firefox-kiosk https://a.example', VNCCTL_URL: 'https://b.example' } }).url).toBe('https://b.example');
  expect(settings({ env: { VNC_APPNAME: 'firefox-kiosk https://a.example' }, flags: { url: 'https://b.example' } }).url).toBe('https://b.example');
  expect(settings({ env: { VNC_APPNAME: 'firefox-kiosk https://a.example' }, user: { file: '/u', values: { url: 'https://b.example' } } }).url).toBe('https://a.example');
  expect(settings({ env: { VNC_APPNAME: 'xterm' } }).url).toBeUndefined();
});

test('only known keys of the project file are looked at', () => {
  expect(settings({ project: { file: '/p/.env', text: 'SECRET=1\nDOCKER_HOST=tcp://x\nVNC_HEIGHT="600" # comment\n' } }).height).toBe(600);
});

test('a project file gives what describes new desktops, and a warning names everything else in it that was left out', () => {
  const text = 'VNC_WIDTH=800\nVNCCTL_HOOK=/tmp/run-me\nVNCCTL_ENGINE=tcp://stranger:2375\nVNCCTL_AUTH=none\nVNCCTL_TTL=1s\nPORT_RANGE_MIN=1\nOTHER=1\n';
  const project = { file: '/p/.env', text };
  const reading = readSettings({ env: {}, project });
  const { width, hook, engine, auth, ttl, portMin } = settingsOf(reading);
  expect({ width, hook, engine, auth, ttl, portMin }).toEqual({ width: 800, hook: undefined, engine: undefined, auth: 'token', ttl: 'never', portMin: 5000 });
  expect(reading.warnings).toEqual([
    'ignored in /p/.env, which gives only what describes new desktops: VNCCTL_ENGINE, PORT_RANGE_MIN, VNCCTL_TTL, VNCCTL_AUTH, VNCCTL_HOOK; to set them: vncctl config import /p/.env',
  ]);
  expect(readSettings({ env: {}, project: { file: '/p/.env', text: 'VNCCTL_HOOK=x' } }).warnings).toEqual([
    'ignored in /p/.env, which gives only what describes new desktops: VNCCTL_HOOK; to set it: vncctl config set hook …',
  ]);
  expect(readSettings({ env: {}, project: { file: '/p/.env', text: '', refused: 'other users may write it' } }).warnings).toEqual(['/p/.env is not read: other users may write it']);
  expect(SETTING_NAMES.filter((name) => definitionOf(name).inProject)).toEqual(['image', 'url', 'app', 'width', 'height', 'wait', 'queue', 'timeout']);
});

test('all faults are reported together, each with its origin', () => {
  const error = failure({ env: { VNC_WIDTH: 'wide', DOCKER_NETWORK_SUBNET: '10.0.0.1/8' }, user: { file: '/u.json', values: { mask: 'perhaps', image: ['a'] } } });
  expect(error.code).toBe('BAD_SETTING');
  expect(error.message).toContain('4 settings are wrong');
  expect(error.message).toContain('width: "wide" is not a whole number from 16 to 16384 (from VNC_WIDTH)');
  expect(error.message).toContain('subnet: "10.0.0.1/8" is not a network');
  expect(error.message).toContain('mask: "perhaps" is not true or false (from /u.json)');
  expect(error.message).toContain('image: a single value is expected, not a list');
});

test('the hint of a fault says how to mend it where it is', () => {
  expect(failure({ user: { file: '/u.json', values: { width: 3 } } }).hint).toContain('vncctl config unset width');
  expect(failure({ env: { VNC_WIDTH: '3' } }).hint).toContain('VNC_WIDTH');
  expect(failure({ project: { file: '/p/.env', text: 'VNC_WIDTH=3' } }).hint).toContain('/p/.env');
});

test('a fault in a stronger layer is not papered over by a weaker one', () => {
  expect(failure({ env: { VNC_WIDTH: 'wide' }, user: { file: '/u', values: { width: 800 } } }).message).toContain('"wide"');
});

test('a port range turned round is refused, and the one that was typed is blamed', () => {
  expect(failure({ env: { PORT_RANGE_MIN: '6000' } }).message).toContain('portMin: 6000 is above portMax, which is 5020 (default)');
  expect(failure({ env: { PORT_RANGE_MAX: '4000' } }).message).toContain('portMax: 4000 is below portMin, which is 5000 (default)');
  expect(settings({ env: { PORT_RANGE_MIN: '5005', PORT_RANGE_MAX: '5005' } }).portMin).toBe(5005);
  expect(failure({ env: { PORT_RANGE_START: '5000', PORT_RANGE_END: '5000' } }).message).toContain('portMin: 5000 is above portMax, which is 4999 (PORT_RANGE_END)');
});

test('an unknown key of the user file is a warning with the nearest name', () => {
  const { warnings } = readSettings({ env: {}, user: { file: '/u.json', values: { portmni: 5, zebra: 1, width: 800 } } });
  expect(warnings).toEqual(['unknown setting "portmni" in /u.json (did you mean "portMin"?); ignored', 'unknown setting "zebra" in /u.json; ignored']);
});

test('a name from the prototype is no setting', () => {
  expect(() => getSettingName('toString')).toThrow('there is no setting "toString"');
  expect(() => getSettingName('widht')).toThrow('did you mean "width"');
  expect(getSettingName('width')).toBe('width');
});

test('what is stored is a number or boolean where the value is one', () => {
  const user = { file: '/u.json', values: {} };
  expect(checkChange('width', '800', user)).toBe(800);
  expect(checkChange('mask', 'yes', user)).toBe(true);
  expect(checkChange('timeout', '90s', user)).toBe('90s');
  expect(() => checkChange('width', '3', user)).toThrow('width: "3" is not a whole number from 16 to 16384');
});

test('an end of the port range that would turn it round is refused before it is stored', () => {
  expect(() => checkChange('portMin', '6000', { file: '/u.json', values: {} })).toThrow(expect.objectContaining({ message: 'portMin: 6000 is above portMax, which is 5020 (default)', hint: expect.stringContaining('config set portMax') }));
  expect(() => checkChange('portMax', '5500', { file: '/u.json', values: { portMin: 5600, portMax: 5700 } })).toThrow(expect.objectContaining({ code: 'BAD_SETTING' }));
  expect(checkChange('portMin', '6000', { file: '/u.json', values: { portMax: 6100, width: 'wrong' } })).toBe(6000);
});

test('every setting has a sentence, and its default is a right value', () => {
  for (const name of SETTING_NAMES) {
    const { about, type, default: fallback } = definitionOf(name);
    expect(about).toMatch(/^[a-z].*[^.]$/);
    if (fallback !== undefined) expect(type.read(type.spell(fallback))).toEqual(fallback);
  }
});

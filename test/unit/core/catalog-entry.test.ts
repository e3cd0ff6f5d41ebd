import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { checkEntry, type EntryOrigin } from '../../../src/core/catalog-entry.ts';

const from: EntryOrigin = { key: 'kiosk', origin: '/c/kiosk.yaml', folder: '/c', builtIn: false, join: posix.resolve };
const builtIn: EntryOrigin = { ...from, origin: 'built-in', folder: 'templates/images/kiosk', builtIn: true };
const least = { title: 'Kiosk', description: 'One page.', image: 'registry.example/kiosk:1' };

function faults(value: unknown, origin = from): string[] {
  return checkEntry(value, origin).faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('title, description and an image are enough', () => {
  expect(checkEntry(least, from)).toEqual({
    faults: [],
    entry: {
      key: 'kiosk', title: 'Kiosk', description: 'One page.', source: { kind: 'pull', reference: 'registry.example/kiosk:1' }, ports: { web: 6080 }, viewerPath: '/', websocketPath: '/websockify',
      variables: {}, settings: {}, limits: { cpus: 2, memoryBytes: 1024 ** 3, pids: 512, shmSizeBytes: 256 * 1024 ** 2 }, needsBytes: 256 * 1024 ** 2, maxSize: { width: 4096, height: 4096 }, lease: {}, user: 'image', capabilities: [], tmpfs: {}, init: 'engine', stopGraceSeconds: 5,
      ready: 'rfb', readyTimeoutSeconds: 60, settleSeconds: 0, origin: '/c/kiosk.yaml',
    },
  });
});

test('every field is taken over in the units of an entry', () => {
  const { entry } = checkEntry(
    {
      title: ' T ', description: 'D', build: { extends: 'base' }, ports: { web: 80, rfb: 5901, claim: 5902 }, viewer: '/vnc.html', websocket: '/ws', variables: { url: 'VNC_URL', app: 'APPNAME', idleExit: 'IDLE' },
      settings: { TZ: { description: 'zone', default: 'UTC', pattern: '[A-Z]+' }, N: { description: 'n', default: 0 } }, limits: { cpus: 0.5, memory: '1.5g', pids: 64, shm: '64m' }, needs: '384m', maxSize: '8192x2048', lease: { idle: '30m', removeAfter: 'never', ttl: 0, maxAge: '1d' }, user: '1000:1000',
      capabilities: ['CAP_CHOWN', 'KILL'], tmpfs: { '/tmp': 'rw,size=64m', '/run': null }, init: 'image', stopGrace: '10s', removeSignal: 'SIGUSR1', ready: 'window', readyTimeout: '1m30s', settle: '6s',
    },
    builtIn,
  );
  expect(entry).toMatchObject({
    title: 'T', source: { kind: 'template', folder: 'templates/images/kiosk', extends: 'base' }, ports: { web: 80, rfb: 5901, claim: 5902 }, viewerPath: '/vnc.html', websocketPath: '/ws', variables: { url: 'VNC_URL', app: 'APPNAME', idleExit: 'IDLE' }, lease: { idle: 1_800_000, removeAfter: 'never', ttl: 'never', maxAge: 86_400_000 },
    settings: { TZ: { description: 'zone', default: 'UTC', pattern: '[A-Z]+' }, N: { description: 'n', default: '0' } }, limits: { cpus: 0.5, memoryBytes: 1.5 * 1024 ** 3, pids: 64, shmSizeBytes: 64 * 1024 ** 2 }, needsBytes: 384 * 1024 ** 2, maxSize: { width: 8192, height: 2048 },
    capabilities: ['CHOWN', 'KILL'], tmpfs: { '/tmp': 'rw,size=64m', '/run': '' }, init: 'image', stopGraceSeconds: 10, removeSignal: 'SIGUSR1', ready: 'window', readyTimeoutSeconds: 90, settleSeconds: 6,
  });
});

test('an image tells that its server has a view-only password, which follows from its secret', () => {
  const variables = { secret: 'VNC_SECRET' };
  expect(checkEntry({ ...least, variables, viewOnly: 'password' }, from).entry?.viewOnly).toBe('password');
  expect(checkEntry({ ...least, variables }, from).entry).not.toHaveProperty('viewOnly');
  expect(faults({ ...least, variables, viewOnly: true })).toEqual(['viewOnly: password is expected, or nothing']);
  expect(faults({ ...least, viewOnly: 'password' })).toEqual(['viewOnly: it needs variables.secret, which its password follows from']);
});

test('a template of ours runs as an ordinary user and is ready with its page', () => {
  expect(checkEntry({ title: 'T', description: 'D', build: {} }, builtIn).entry).toMatchObject({ user: '1000:1000', init: 'engine', ready: 'page' });
});

test("a user's build names its folder, relative to the file", () => {
  expect(checkEntry({ title: 'T', description: 'D', build: { folder: '../images/x' } }, from).entry?.source).toEqual({ kind: 'template', folder: '/images/x' });
  expect(faults({ title: 'T', description: 'D', build: {} })).toEqual(['build: folder is missing: the folder with the Dockerfile, relative to this file']);
});

test.each(['4096', '8x8', '99999x100', '4097x4096', '16384x16384', 4096, null])('maxSize: %j is no size that a screen may have', (maxSize) => {
  expect(faults({ ...least, maxSize })).toEqual(['maxSize: a size like 1280x720, each side 16 to 16384, with no more pixels than 4096x4096 has is expected']);
});

test('all faults are found at once, each at its place', () => {
  expect(
    faults({
      titel: 'T', description: 'a\nb', image: 5, ports: { web: 0, vnc: 1 }, viewer: 'vnc.html', variables: { url: 'A B', ulr: 'X' }, settings: { 'A-B': { description: 'x' }, C: 1, D: { description: 'd', pattern: '(' }, E: { description: 'e', default: 'x', pattern: '[0-9]+' } },
      limits: { cpus: '2', memory: 'much', swap: 1 }, lease: { idle: 15, ttl: 'soon', remove: '1h', maxAge: null }, user: 1000, capabilities: ['ALL', 'CHOWN', 1], tmpfs: { tmp: 'rw' }, init: 'none', stopGrace: 5, removeSignal: 'SIGKILL', ready: 'soon', readyTimeout: '100ms', settle: 6,
    }).sort(),
  ).toEqual(
    [
      'titel: unknown field (did you mean "title"?)',
      'title: it is missing: one line of text',
      'description: one line of text is expected',
      'image: an image reference like registry.example/name:tag is expected',
      'ports.vnc: unknown field',
      'ports.web: a whole number from 1 to 65535 is expected',
      'viewer: a path that begins with / is expected',
      'variables.ulr: unknown field (did you mean "url"?)',
      'variables.url: the name of an environment variable is expected',
      'settings.A-B: "A-B" is no name of an environment variable',
      'settings.C: names with values are expected',
      'settings.D.pattern: a regular expression in quotes is expected',
      'settings.E.default: "x" does not match its own pattern',
      'lease.remove: unknown field',
      'lease.idle: a duration like 500ms, 15s, 30m or 1h30m, or never is expected',
      'lease.ttl: a duration like 500ms, 15s, 30m or 1h30m, or never is expected',
      'lease.maxAge: a duration like 500ms, 15s, 30m or 1h30m, or never is expected',
      'limits.swap: unknown field',
      'limits.cpus: a number of processors like 2 or 0.5 is expected, 0.01 at least',
      'limits.memory: a size like 512m, 1g or 1.5g is expected',
      'user: a user like "1000:1000" in quotes is expected, or image for the image\'s own',
      'capabilities.0: the name of one Linux capability like CHOWN is expected',
      'capabilities.2: the name of one Linux capability like CHOWN is expected',
      'tmpfs.tmp: an absolute path is expected',
      'init: one of engine, image is expected',
      'stopGrace: a duration like 500ms, 15s, 30m or 1h30m is expected, a second at least',
      'removeSignal: the name of a signal that a program can answer, like SIGUSR1, is expected',
      'ready: one of running, rfb, window, page is expected',
      'readyTimeout: a duration like 500ms, 15s, 30m or 1h30m is expected, a second at least',
      'settle: a duration like 500ms, 15s, 30m or 1h30m is expected, a second at least',
    ].sort(),
  );
});

test('build and image exclude each other, and one of them is needed', () => {
  expect(faults({ ...least, build: { folder: 'x' } })).toEqual(['image: build and image exclude each other']);
  expect(faults({ title: 'T', description: 'D' })).toEqual([': one of build and image is needed']);
  expect(faults({ title: 'T', description: 'D', build: { folder: 'x', extends: 'kiosk' } })).toEqual(['build.extends: the key of another entry is expected']);
});

test('what is no entry at all is one fault', () => {
  for (const wrong of [null, [], 'text', 5]) expect(faults(wrong)).toEqual([': names with values are expected']);
});

test('a key with capitals or slashes is refused', () => {
  for (const key of ['Kiosk', 'a/b', '', '.x']) expect(checkEntry(least, { ...from, key }).faults).toHaveLength(1);
});

test('a setting may be called as what every object has', () => {
  const settings = JSON.parse('{ "constructor": { "description": "c" }, "__proto__": { "description": "p" } }') as object;
  const { entry, faults: found } = checkEntry({ ...least, settings }, from);
  expect(found).toEqual([]);
  expect(Object.keys(entry?.settings ?? {})).toEqual(['constructor', '__proto__']);
});

test.each([
  [{ cpus: 1e-10 }, 'limits.cpus: a number of processors like 2 or 0.5 is expected, 0.01 at least'],
  [{ memory: '1k' }, 'limits.memory: 6m at least are expected'],
  [{ shm: '1b' }, 'limits.shm: 64k at least are expected'],
])('limits below what an engine takes are faults: %j', (limits, fault) => {
  expect(faults({ ...least, limits })).toEqual([fault]);
});

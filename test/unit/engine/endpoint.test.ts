import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type EndpointInputs, parseAddress, resolveEndpoint } from '../../../src/engine/endpoint.ts';

const contextId = (name: string): string => createHash('sha256').update(name).digest('hex');

function inputs(files: Record<string, string> = {}, change: Partial<EndpointInputs> = {}): EndpointInputs {
  const paths = Object.keys(files);
  return {
    flags: {},
    env: {},
    home: '/home/ana',
    uid: 1000,
    platform: 'linux',
    embeddedSocket: '/home/ana/.local/state/vncctl/engine/docker.sock',
    files: {
      readText: (path) => files[path],
      list: (folder) => [...new Set(paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))],
      exists: (path) => path in files,
    },
    ...change,
  };
}

function context(name: string, host: string, folder = '/home/ana/.docker', more: object = {}): Record<string, string> {
  return {
    [`${folder}/contexts/meta/${contextId(name)}/meta.json`]: JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: host, ...more } } }),
  };
}

const systemSocket = { '/var/run/docker.sock': '' };
const current = (name: string): Record<string, string> => ({ '/home/ana/.docker/config.json': JSON.stringify({ currentContext: name }) });

describe('the order', () => {
  const files = { ...systemSocket, ...context('work', 'tcp://work:2375'), ...context('other', 'tcp://other:2375'), ...current('other') };
  const env = { DOCKER_HOST: 'tcp://env:1', DOCKER_CONTEXT: 'work' };
  const setting = 'tcp://setting:1';

  test('--host wins over everything', () => {
    const found = resolveEndpoint(inputs(files, { flags: { host: 'unix:///x.sock' }, env, setting }));
    expect(found).toMatchObject({ address: 'unix:///x.sock', transport: 'unix', source: '--host', origin: 'flag' });
  });
  test('--context wins over DOCKER_HOST', () => {
    expect(resolveEndpoint(inputs(files, { flags: { context: 'work' }, env, setting }))).toMatchObject({ address: 'tcp://work:2375', source: 'docker context work' });
  });
  test('both flags are a usage error', () => {
    expect(() => resolveEndpoint(inputs(files, { flags: { host: 'unix:///x', context: 'work' } }))).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
  test('DOCKER_HOST wins over DOCKER_CONTEXT', () => {
    expect(resolveEndpoint(inputs(files, { env, setting }))).toMatchObject({ address: 'tcp://env:1', source: 'DOCKER_HOST' });
  });
  test('DOCKER_CONTEXT wins over the setting', () => {
    expect(resolveEndpoint(inputs(files, { env: { DOCKER_HOST: '', DOCKER_CONTEXT: 'work' }, setting }))).toMatchObject({ address: 'tcp://work:2375' });
  });
  test('the setting wins over the current context', () => {
    expect(resolveEndpoint(inputs(files, { setting }))).toMatchObject({ address: 'tcp://setting:1', origin: 'setting' });
  });
  test('the word embedded stands for the embedded socket, there or not', () => {
    expect(resolveEndpoint(inputs(files, { setting: 'embedded' }))).toMatchObject({
      address: 'unix:///home/ana/.local/state/vncctl/engine/docker.sock',
      origin: 'embedded',
      hint: expect.stringContaining('vncctl engine start'),
    });
  });
  test('the current context wins over the sockets', () => {
    expect(resolveEndpoint(inputs(files))).toMatchObject({ address: 'tcp://other:2375', source: 'docker context other', origin: 'config' });
  });
  test('a current context called default means none', () => {
    expect(resolveEndpoint(inputs({ ...systemSocket, ...current('default') }))).toMatchObject({ address: 'unix:///var/run/docker.sock' });
  });
  test('the context default passes over config.json and the setting, and takes DOCKER_HOST', () => {
    expect(resolveEndpoint(inputs(files, { flags: { context: 'default' }, setting }))).toMatchObject({ address: 'unix:///var/run/docker.sock' });
    expect(resolveEndpoint(inputs(files, { flags: { context: 'default' }, env, setting }))).toMatchObject({ address: 'tcp://env:1' });
    expect(resolveEndpoint(inputs(files, { env: { DOCKER_CONTEXT: 'default' }, setting }))).toMatchObject({ address: 'unix:///var/run/docker.sock' });
  });
});

describe('sockets nobody chose', () => {
  const all = ['/run/user/1000/docker.sock', '/home/ana/.docker/run/docker.sock', '/var/run/docker.sock', '/run/user/1000/podman/podman.sock', '/run/podman/podman.sock'];

  test('are tried in this order, and the others are remembered', () => {
    for (let first = 0; first < all.length; first++) {
      const present = all.slice(first);
      const found = resolveEndpoint(inputs(Object.fromEntries(present.map((path) => [path, '']))));
      expect(found.address).toBe(`unix://${present[0]}`);
      expect(found.others).toEqual(present.slice(1).map((path) => `unix://${path}`));
      expect(found.hint).toContain(present[1] ?? 'vncctl engine start');
    }
  });
  test('XDG_RUNTIME_DIR is honoured, and root has none without it', () => {
    const files = { '/r/docker.sock': '', ...systemSocket };
    expect(resolveEndpoint(inputs(files, { env: { XDG_RUNTIME_DIR: '/r' } })).address).toBe('unix:///r/docker.sock');
    expect(resolveEndpoint(inputs({ '/run/user/0/docker.sock': '', ...systemSocket }, { uid: 0 })).address).toBe('unix:///var/run/docker.sock');
  });
  test('none at all is ENGINE_MISSING with the command that starts one', () => {
    expect(() => resolveEndpoint(inputs())).toThrowError(expect.objectContaining({ code: 'ENGINE_MISSING', hint: expect.stringContaining('vncctl engine start') }));
  });
  test('Windows has its pipe', () => {
    expect(resolveEndpoint(inputs({}, { platform: 'win32', uid: undefined })).transport).toBe('npipe');
  });
});

describe('contexts', () => {
  test('an unknown one lists the known ones and who chose it', () => {
    const files = { ...context('b', 'unix:///b'), ...context('a', 'unix:///a') };
    expect(() => resolveEndpoint(inputs(files, { env: { DOCKER_CONTEXT: 'c' } }))).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('DOCKER_CONTEXT'), hint: 'known contexts: default, a, b' }),
    );
  });
  test('a vanished current context is an error too', () => {
    expect(() => resolveEndpoint(inputs({ ...systemSocket, ...current('gone') }))).toThrowError(expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('config.json') }));
  });
  test('DOCKER_CONFIG moves config and contexts', () => {
    const files = { '/c/config.json': '{"currentContext":"work"}', ...context('work', 'ssh://me@far', '/c') };
    expect(resolveEndpoint(inputs(files, { env: { DOCKER_CONFIG: '/c' } }))).toMatchObject({ address: 'ssh://me@far', transport: 'ssh' });
  });
  test('TLS files beside the context make it a TLS endpoint', () => {
    const folder = `/home/ana/.docker/contexts/tls/${contextId('work')}/docker`;
    const files = { ...context('work', 'tcp://far:2376'), [`${folder}/ca.pem`]: '', [`${folder}/key.pem`]: '' };
    expect(resolveEndpoint(inputs(files, { flags: { context: 'work' } }))).toMatchObject({ transport: 'tls', tls: { ca: `${folder}/ca.pem`, key: `${folder}/key.pem`, verify: true } });
  });
  test('SkipTLSVerify takes any certificate', () => {
    const files = context('work', 'tcp://far', '/home/ana/.docker', { SkipTLSVerify: true });
    expect(resolveEndpoint(inputs(files, { flags: { context: 'work' } }))).toMatchObject({ address: 'tcp://far:2376', transport: 'tls', tls: { verify: false } });
  });
  test("the environment's TLS does not touch a context", () => {
    const files = context('work', 'tcp://far:2375');
    expect(resolveEndpoint(inputs(files, { flags: { context: 'work' }, env: { DOCKER_TLS_VERIFY: '1' } })).transport).toBe('tcp');
  });
  test('one without a docker endpoint is a usage error', () => {
    const files = { [`/home/ana/.docker/contexts/meta/${contextId('work')}/meta.json`]: '{"Name":"work"}' };
    expect(() => resolveEndpoint(inputs(files, { flags: { context: 'work' } }))).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
  test('a config.json that is not JSON is passed over with a warning', () => {
    const found = resolveEndpoint(inputs({ ...systemSocket, '/home/ana/.docker/config.json': '{' }));
    expect(found.address).toBe('unix:///var/run/docker.sock');
    expect(found.warning).toContain('config.json');
  });
});

describe('TLS by environment', () => {
  test('any non-empty DOCKER_TLS_VERIFY counts, with the files of DOCKER_CERT_PATH', () => {
    const files = { '/certs/ca.pem': '', '/certs/cert.pem': '', '/certs/key.pem': '' };
    for (const value of ['1', 'true', '0']) {
      const found = resolveEndpoint(inputs(files, { env: { DOCKER_HOST: 'tcp://far', DOCKER_TLS_VERIFY: value, DOCKER_CERT_PATH: '/certs' } }));
      expect(found).toMatchObject({ address: 'tcp://far:2376', transport: 'tls', tls: { ca: '/certs/ca.pem', cert: '/certs/cert.pem', key: '/certs/key.pem', verify: true } });
    }
  });
  test('an empty one does not count', () => {
    expect(resolveEndpoint(inputs({}, { env: { DOCKER_HOST: 'tcp://far', DOCKER_TLS_VERIFY: '' } }))).toMatchObject({ address: 'tcp://far:2375', transport: 'tcp' });
  });
  test('without DOCKER_CERT_PATH the files are those of the docker folder, if there', () => {
    const files = { '/home/ana/.docker/ca.pem': '' };
    expect(resolveEndpoint(inputs(files, { env: { DOCKER_HOST: 'tcp://far', DOCKER_TLS_VERIFY: '1' } })).tls).toEqual({ ca: '/home/ana/.docker/ca.pem', verify: true });
  });
  test('DOCKER_TLS alone verifies nothing', () => {
    expect(resolveEndpoint(inputs({}, { env: { DOCKER_HOST: 'tcp://far', DOCKER_TLS: '1' } })).tls).toEqual({ verify: false });
  });
  test('a Unix socket stays one', () => {
    expect(resolveEndpoint(inputs({}, { env: { DOCKER_HOST: 'unix:///x', DOCKER_TLS_VERIFY: '1' } }))).toMatchObject({ transport: 'unix' });
  });
});

describe('addresses', () => {
  test.each([
    ['/a/b.sock', 'unix:///a/b.sock', 'unix'],
    ['unix://', 'unix:///var/run/docker.sock', 'unix'],
    ['tcp://', 'tcp://localhost:2375', 'tcp'],
    ['far', 'tcp://far:2375', 'tcp'],
    ['far:99', 'tcp://far:99', 'tcp'],
    ['tcp://[fd00::1]:99/', 'tcp://[fd00::1]:99', 'tcp'],
    ['https://far', 'tcp://far:2376', 'tls'],
    ['npipe://', 'npipe:////./pipe/docker_engine', 'npipe'],
  ])('%s is %s', (typed, address, transport) => {
    expect(parseAddress(typed, 'test', false)).toEqual({ address, transport });
  });
  test.each(['', 'unix://relative', 'tcp://far:0', 'tcp://far:70000', 'ftp://far', 'ssh://', 'tcp://a b'])('"%s" is refused, naming its source', (typed) => {
    expect(() => parseAddress(typed, 'DOCKER_HOST', false)).toThrowError(expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('DOCKER_HOST') }));
  });
});

import { expect, test } from 'vitest';
import { directName, findDestination, gatewayAddress, innerPaths, namesPublicHost, parsePublicTemplate, type PublicAddress, publicAddressOf, publicOrigin, publicPage } from '../../../src/core/public-address.ts';
import type { DesktopId } from '../../../src/core/store.ts';

const ID = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;

function address(template: string, host = '127.0.0.1'): PublicAddress {
  const parsed = parsePublicTemplate(template);
  return (parsed && publicAddressOf(parsed, host)) ?? expect.unreachable(`${template} is none`);
}

test.each([
  ['https://desktops.example.org', `https://desktops.example.org/d/${ID}/`],
  ['https://desktops.example.org/', `https://desktops.example.org/d/${ID}/`],
  ['https://desktops.example.org/vnc', `https://desktops.example.org/vnc/d/${ID}/`],
  ['https://desktops.example.org/vnc/', `https://desktops.example.org/vnc/d/${ID}/`],
  ['https://desktops.example.org/vnc/d/{id}/', `https://desktops.example.org/vnc/d/${ID}/`],
  ['https://desktops.example.org/vnc/d/{id}', `https://desktops.example.org/vnc/d/${ID}/`],
  ['https://desktops.example.org/d/{id}/', `https://desktops.example.org/d/${ID}/`],
  ['https://desktops.example.org/a/b.c_d~e-f', `https://desktops.example.org/a/b.c_d~e-f/d/${ID}/`],
  ['HTTPS://Desktops.Example.ORG:443/VNC', `https://desktops.example.org/VNC/d/${ID}/`],
  ['http://desktops.example.org:8443', `http://desktops.example.org:8443/d/${ID}/`],
  ['http://192.0.2.7:80/vnc', `http://192.0.2.7/vnc/d/${ID}/`],
  ['http://[2001:DB8::7]:81/vnc', `http://[2001:db8::7]:81/vnc/d/${ID}/`],
  ['https://{id}.desktops.example.org/', `https://${ID}.desktops.example.org/`],
  ['https://{id}.desktops.example.org:8443/vnc', `https://${ID}.desktops.example.org:8443/vnc/`],
  ['https://desk-{id}.example.org', `https://desk-${ID}.example.org/`],
  ['https://{host}/vnc', `https://box.example.net/vnc/d/${ID}/`],
  ['https://{id}.{host}/', `https://${ID}.box.example.net/`],
  ['https://{id}.desktops.{host}:8443', `https://${ID}.desktops.box.example.net:8443/`],
])('%s leads to %s, and its own spelling is the same', (template, page) => {
  expect(publicPage(address(template, 'Box.example.net'), ID)).toBe(page);
  const canonical = parsePublicTemplate(template) ?? expect.unreachable();
  expect(parsePublicTemplate(canonical)).toBe(canonical);
  expect(publicPage(address(canonical, 'Box.example.net'), ID)).toBe(page);
  expect(page.startsWith(`${publicOrigin(address(template, 'Box.example.net'), ID)}/`)).toBe(true);
});

test.each([
  '', 'desktops.example.org', '//desktops.example.org', 'ftp://example.org', 'https://', 'https:///vnc', 'https://user@example.org', 'https://user:password@example.org',
  'https://example.org/?a', 'https://example.org/#a', 'https://example.org:0', 'https://example.org:65536', 'https://example.org:x', 'https://exa mple.org', 'https://-example.org',
  'https://example..org', 'https://example.org//vnc', 'https://example.org/../vnc', 'https://example.org/./vnc', 'https://example.org/a%2fb', 'https://example.org/a b', 'https://example.org/a;b',
  'https://example.org/{id}', 'https://example.org/{id}/', 'https://example.org/{id}/d', 'https://example.org/d/{id}/more', 'https://example.org/{host}', 'https://example.org/{client}',
  'https://{id}', 'https://{id}/', 'https://www.{id}.example.org', 'https://{id}.{id}.example.org', 'https://{id}.example.org/d/{id}/', 'https://{host}.{host}', 'https://example.org/d', 'https://example.org/d/vnc',
  'https://[::1', 'https://::1/', 'https://[example.org]/',
])('%j is no template', (typed) => {
  expect(parsePublicTemplate(typed)).toBeUndefined();
});

test('an address can stand alone for the host, and with nothing in front of it', () => {
  expect(publicPage(address('https://{host}', '192.0.2.7'), ID)).toBe(`https://192.0.2.7/d/${ID}/`);
  expect(publicPage(address('https://{host}:444', '2001:db8::7'), ID)).toBe(`https://[2001:db8::7]:444/d/${ID}/`);
  for (const host of ['192.0.2.7', '2001:db8::7']) expect(publicAddressOf(parsePublicTemplate('https://{id}.{host}') ?? expect.unreachable(), host)).toBeUndefined();
});

const [PLAIN, PREFIX, OWN_HOST] = ['https://desktops.example.org', 'https://desktops.example.org/vnc', 'https://{id}.desktops.example.org'];
const OWN_BOTH = 'https://{id}.desktops.example.org:8443/vnc';

test.each([
  [PREFIX, 'desktops.example.org', {}],
  [PREFIX, 'DESKTOPS.example.org:443', {}],
  [PREFIX, 'desktops.example.org:8080', undefined],
  [PREFIX, 'example.org', undefined],
  [PREFIX, 'x.desktops.example.org', undefined],
  [PREFIX, 'desktops.example.org.evil.example', undefined],
  [PREFIX, undefined, undefined],
  [PREFIX, '', undefined],
  [OWN_HOST, `${ID}.desktops.example.org`, { desktopId: ID }],
  [OWN_HOST, `${ID.toUpperCase()}.Desktops.example.org:443`, { desktopId: ID }],
  [OWN_HOST, `${ID}.desktops.example.org:444`, undefined],
  [OWN_HOST, 'desktops.example.org', undefined],
  [OWN_HOST, '.desktops.example.org', undefined],
  [OWN_HOST, `a.${ID}.desktops.example.org`, undefined],
  [OWN_HOST, `a-${ID}.desktops.example.org`, undefined],
  [OWN_HOST, `${ID}.desktops.example.org.evil.example`, undefined],
  [OWN_HOST, `evil.example/${ID}.desktops.example.org`, undefined],
  [OWN_BOTH, `${ID}.desktops.example.org:8443`, { desktopId: ID }],
  [OWN_BOTH, `${ID}.desktops.example.org`, { desktopId: ID }],
  ['https://desk-{id}.example.org', `desk-${ID}.example.org`, { desktopId: ID }],
  ['https://desk-{id}.example.org', `${ID}.example.org`, undefined],
])('with %s, the host %j is %j', (template, host, found) => {
  expect(namesPublicHost(address(template), host)).toEqual(found);
});

const PUBLIC = 'desktops.example.org';
const OWN = `${ID}.desktops.example.org`;

test.each([
  // Nothing in front.
  [undefined, '127.0.0.1:8080', `/d/${ID}/`, undefined, { isPublic: false, desktopId: ID, rest: '/', home: `/d/${ID}/` }],
  [undefined, '127.0.0.1:8080', `/d/${ID}`, undefined, { isPublic: false, desktopId: ID, rest: '', home: `/d/${ID}/` }],
  [undefined, '127.0.0.1:8080', `/vnc/d/${ID}/`, undefined, undefined],
  [undefined, '127.0.0.1:8080', `/d/${ID}/ws`, '/away', { isPublic: false, desktopId: ID, rest: '/ws', home: `/away/d/${ID}/` }],
  [undefined, '127.0.0.1:8080', '/healthz', undefined, undefined],
  [undefined, '127.0.0.1:8080', '/dx/', undefined, undefined],
  [undefined, '127.0.0.1:8080', '/d/', undefined, { isPublic: false, desktopId: undefined, rest: '', home: '/d//' }],
  // A prefix: kept, taken away, and taken away by a proxy that says so.
  [PLAIN, PUBLIC, `/d/${ID}/`, undefined, { isPublic: true, desktopId: ID, rest: '/', home: `/d/${ID}/` }],
  [PREFIX, PUBLIC, `/vnc/d/${ID}/ws`, undefined, { isPublic: true, desktopId: ID, rest: '/ws', home: `/vnc/d/${ID}/` }],
  [PREFIX, PUBLIC, `/d/${ID}/ws`, undefined, { isPublic: true, desktopId: ID, rest: '/ws', home: `/vnc/d/${ID}/` }],
  [PREFIX, PUBLIC, `/d/${ID}/ws`, '/other', { isPublic: true, desktopId: ID, rest: '/ws', home: `/other/d/${ID}/` }],
  [PREFIX, '127.0.0.1:8080', `/vnc/d/${ID}/`, undefined, { isPublic: false, desktopId: ID, rest: '/', home: `/vnc/d/${ID}/` }],
  [PREFIX, '127.0.0.1:8080', `/d/${ID}/`, undefined, { isPublic: false, desktopId: ID, rest: '/', home: `/d/${ID}/` }],
  [PREFIX, PUBLIC, '/vncd/', undefined, undefined],
  [PREFIX, PUBLIC, `/vnc/vnc/d/${ID}/`, undefined, undefined],
  [PREFIX, PUBLIC, '/vnc/healthz', undefined, undefined],
  // A host of its own.
  [OWN_HOST, OWN, '/', undefined, { isPublic: true, desktopId: ID, rest: '/', home: '/' }],
  [OWN_HOST, OWN, '/ws', undefined, { isPublic: true, desktopId: ID, rest: '/ws', home: '/' }],
  [OWN_HOST, OWN, `/d/${ID}/ws`, undefined, { isPublic: true, desktopId: ID, rest: '/ws', home: '/' }],
  [OWN_HOST, OWN, `/d/${OTHER}/ws`, undefined, { isPublic: true, desktopId: ID, rest: `/d/${OTHER}/ws`, home: '/' }],
  [OWN_HOST, '127.0.0.1:8080', `/d/${ID}/`, undefined, { isPublic: false, desktopId: ID, rest: '/', home: `/d/${ID}/` }],
  [OWN_HOST, '127.0.0.1:8080', '/', undefined, undefined],
  [OWN_BOTH, OWN, '/vnc/ws', undefined, { isPublic: true, desktopId: ID, rest: '/ws', home: '/vnc/' }],
  [OWN_BOTH, OWN, '/vnc', undefined, { isPublic: true, desktopId: ID, rest: '', home: '/vnc/' }],
  [OWN_BOTH, OWN, '/ws', undefined, { isPublic: true, desktopId: ID, rest: '/ws', home: '/vnc/' }],
])('with %s, %s%s (prefix %s) is sent to %j', (template, host, path, prefix, destination) => {
  expect(findDestination(template === undefined ? undefined : address(template), { host, path, prefix })).toEqual(destination);
});

test.each([
  [undefined, '127.0.0.1:8080', '/api/v1', undefined, [{ path: '/api/v1', before: '' }]],
  [undefined, '127.0.0.1:8080', '/api/v1', '/away', [{ path: '/api/v1', before: '/away' }]],
  [PREFIX, PUBLIC, '/api/v1', undefined, [{ path: '/api/v1', before: '/vnc' }]],
  [PREFIX, '127.0.0.1:8080', '/api/v1', undefined, [{ path: '/api/v1', before: '' }]],
  [PREFIX, PUBLIC, '/vnc/api/v1', undefined, [{ path: '/api/v1', before: '/vnc' }, { path: '/vnc/api/v1', before: '/vnc' }]],
  [PREFIX, '127.0.0.1:8080', '/vnc/', undefined, [{ path: '/', before: '/vnc' }, { path: '/vnc/', before: '' }]],
  [PREFIX, PUBLIC, '/vnc', undefined, [{ path: '', before: '/vnc' }, { path: '/vnc', before: '/vnc' }]],
  [PREFIX, PUBLIC, '/vncapi', undefined, [{ path: '/vncapi', before: '/vnc' }]],
])('with %s, the path of %s%s (prefix %s) may mean %j', (template, host, path, prefix, ways) => {
  expect(innerPaths(template === undefined ? undefined : address(template), { host, path, prefix })).toEqual(ways);
});

test.each<[Parameters<typeof gatewayAddress>[0], { publicUrl?: string }, string | undefined]>([
  [{ address: '127.0.0.1:8080' }, {}, `http://127.0.0.1:8080/d/${ID}/`],
  [{ address: '127.0.0.1:8443', scheme: 'https' }, {}, `https://127.0.0.1:8443/d/${ID}/`],
  [{ address: '127.0.0.1:443', scheme: 'https' }, {}, `https://127.0.0.1/d/${ID}/`],
  [{ address: '[::1]:8080' }, {}, `http://[::1]:8080/d/${ID}/`],
  [{ address: '0.0.0.0:8080' }, {}, `http://box.example.net:8080/d/${ID}/`],
  [{ address: '[::]:8080' }, {}, `http://box.example.net:8080/d/${ID}/`],
  [{ address: '127.0.0.1:8080' }, { publicUrl: 'https://{host}/vnc' }, `https://box.example.net/vnc/d/${ID}/`],
  [{ address: 'a Unix socket' }, { publicUrl: 'https://{host}/vnc' }, `https://box.example.net/vnc/d/${ID}/`],
  [{ address: 'a Unix socket' }, {}, undefined],
  [{}, { publicUrl: 'https://{host}/vnc' }, undefined],
])('a daemon that answers as %j with %j is asked at %s', (daemon, { publicUrl }, page) => {
  const found = gatewayAddress(daemon, { host: 'box.example.net', publicUrl: publicUrl === undefined ? undefined : parsePublicTemplate(publicUrl) });
  expect(found && publicPage(found, ID)).toBe(page);
});

test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '::1', '127.0.0.2'])('where the host is %s, desktops at ports of their own never share a name with the daemon, wherever on this machine it answers', (host) => {
  for (const where of ['127.0.0.1:8080', '[::1]:8080', '0.0.0.0:8080', '[::]:8080']) {
    const gateway = gatewayAddress({ address: where }, { host });
    expect(directName(host, gateway?.name), where).toBe('localhost');
    expect(gateway?.name, where).not.toBe('localhost');
  }
  expect(directName(host, 'localhost')).toBe('127.0.0.1');
});

test('a host that others reach is the name of desktops at ports of their own, too', () => {
  expect(directName('box.example.net', '127.0.0.1')).toBe('box.example.net');
});

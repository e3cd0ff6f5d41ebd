// Under which address the world reaches the gateway when something stands in front of it: the template a person writes, the
// address of a desktop made from it, and the way back from a request to the desktop it means. Pure.
import { isIP, isIPv6 } from 'node:net';
import { isLoopbackAddress, placeIn } from './host-header.ts';
import type { DesktopId } from './store.ts';

/** A template of public addresses in its one spelling, made by `parsePublicTemplate`. */
export type PublicTemplate = string & { readonly __brand: 'PublicTemplate' };

/** What a template looks like, to complete "… is not ". */
export const PUBLIC_TEMPLATE_FORM = 'a web address like https://example.org/vnc, https://example.org/vnc/d/{id}/ or https://{id}.example.org/ (with {host} for the setting host)';

/** The public address of a gateway. */
export interface PublicAddress {
  scheme: 'http' | 'https';
  /** Host name in small letters, an address of IPv6 without brackets; holds `{id}` where each desktop has a host of its own. */
  name: string;
  /** Empty for the scheme's own. */
  port: string;
  /** What stands in front of the paths of the gateway: empty, or like `/vnc`. */
  prefix: string;
}

/** What a request was sent to, as a browser in front of everything sees it. */
export interface Destination {
  /** Whether it was the public host. */
  isPublic: boolean;
  /** The desktop that is meant; undefined for none. */
  desktopId: DesktopId | undefined;
  /** What stands behind the desktop's address: `/` for its page, `/ws`; empty for its page without the slash. */
  rest: string;
  /** The path of the desktop's address, ending in a slash: what a cookie for it counts for. */
  home: string;
}

const FORM = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/?#@\s:[\]]+)(?::(\d{1,5}))?((?:\/[A-Za-z0-9._~{}-]+)*)\/?$/i;
const OWN_PORTS = { http: '80', https: '443' } as const;
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const ID = /^[a-z0-9]{1,64}$/;
const BY_PATH = /^\/d\/([a-z0-9]{1,64})(\/.*)?$/;
const BEHIND_PREFIX = '/d/{id}';

/** Reads a template; undefined for what is none. */
export function parsePublicTemplate(typed: string): PublicTemplate | undefined {
  const [, scheme = '', host = '', port, path = ''] = FORM.exec(typed) ?? [];
  if (host === '' || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) return undefined;
  const name = host.toLowerCase();
  const prefix = path.endsWith(BEHIND_PREFIX) ? path.slice(0, -BEHIND_PREFIX.length) : path;
  if (!isName(name) || !isPrefix(prefix) || (name.includes('{id}') && prefix !== path)) return undefined;
  const ownPort = OWN_PORTS[scheme.toLowerCase() as keyof typeof OWN_PORTS];
  return `${scheme.toLowerCase()}://${name}${port === undefined || Number(port) === Number(ownPort) ? '' : `:${Number(port)}`}${prefix}/${name.includes('{id}') ? '' : 'd/{id}/'}` as PublicTemplate;
}

/** The address that a template means where the setting `host` is this; undefined where the two make no host name together. */
export function publicAddressOf(template: PublicTemplate, host: string): PublicAddress | undefined {
  const [, scheme = '', typedName = '', port = '', path = ''] = FORM.exec(template) ?? [];
  const name = typedName.replace('{host}', host.toLowerCase()).replace(/^\[|\]$/g, '');
  // A name in front of an address names nothing.
  if (!isIP(name) && (!HOST_NAME.test(name.replace('{id}', 'x')) || (typedName !== '{host}' && isIP(host) && typedName.includes('{host}')))) return undefined;
  return { scheme: scheme as PublicAddress['scheme'], name, port, prefix: path.endsWith(BEHIND_PREFIX) ? path.slice(0, -BEHIND_PREFIX.length) : path };
}

/** Where a daemon is asked for desktops: at the public address, or where it answers. Undefined when that is nowhere, or nowhere for a browser. */
export function gatewayAddress({ address, scheme = 'http' }: { address?: string; scheme?: 'http' | 'https' }, { host, publicUrl }: { host: string; publicUrl?: PublicTemplate | undefined }): PublicAddress | undefined {
  if (address === undefined) return undefined;
  if (publicUrl !== undefined) return publicAddressOf(publicUrl, host);
  const place = placeIn(address);
  if (!place || !isIP(place.name)) return undefined;
  // All addresses of this machine are none that a browser could ask for; and `localhost` is for desktops at ports of their own.
  const name = ['0.0.0.0', '::'].includes(place.name) ? (host.toLowerCase() === 'localhost' ? '127.0.0.1' : host) : place.name;
  return { scheme, name, port: place.port === OWN_PORTS[scheme] ? '' : place.port, prefix: '' };
}

/** The host name in links to desktops' own ports where the setting `host` is this: on this machine another one than the gateway's, since cookies know names but no ports. */
export function directName(host: string, gatewayName: string | undefined): string {
  if (host.toLowerCase() !== 'localhost' && !isLoopbackAddress(host)) return host;
  return gatewayName === 'localhost' ? '127.0.0.1' : 'localhost';
}

/** Scheme, host and port of a desktop's address, as browsers tell the origin of its page. */
export function publicOrigin(address: PublicAddress, desktopId: DesktopId): string {
  return originAt(address, address.name.replace('{id}', desktopId));
}

function originAt({ scheme, port }: PublicAddress, name: string): string {
  return `${scheme}://${isIPv6(name) ? `[${name}]` : name}${port === '' ? '' : `:${port}`}`;
}

/** The address of a desktop's page. */
export function publicPage(address: PublicAddress, desktopId: DesktopId): string {
  return `${publicOrigin(address, desktopId)}${address.prefix}/${address.name.includes('{id}') ? '' : `d/${desktopId}/`}`;
}

/** The address of a desktop's screen for clients that know nothing of cookies: a WebSocket; the secret is that of a ticket. */
export function publicScreen(address: PublicAddress, desktopId: DesktopId, secret: string): string {
  return `${publicOrigin(address, desktopId).replace(/^http/, 'ws')}${address.prefix}/websockify?token=${desktopId}.${secret}`;
}

/** Whether a Host header names the public host, and of which desktop where each has one. A port counts where it is said: some proxies leave it out. */
export function namesPublicHost({ scheme, name, port }: PublicAddress, header: string | undefined): { desktopId?: DesktopId } | undefined {
  const asked = header === undefined ? undefined : placeIn(header);
  if (!asked || (asked.port !== '' && asked.port !== (port === '' ? OWN_PORTS[scheme] : port))) return undefined;
  if (!name.includes('{id}')) return asked.name === name ? {} : undefined;
  const [before = '', after = ''] = name.split('{id}');
  const id = asked.name.slice(before.length, asked.name.length - after.length);
  return asked.name === `${before}${id}${after}` && ID.test(id) ? { desktopId: id as DesktopId } : undefined;
}

/** The address of what the gateway answers beside desktops, ending in a slash: its dashboard. Undefined where each desktop has a host and there is none for all. */
export function publicHome(address: PublicAddress): string | undefined {
  return address.name.includes('{id}') ? undefined : `${originAt(address, address.name)}${address.prefix}/`;
}

/** How a request was sent. */
export interface Sent {
  /** The Host header. */
  host: string | undefined;
  path: string;
  /** What a proxy says that it took away from the front of the path. */
  prefix?: string | undefined;
}

/** A path as the gateway knows it; empty for the public prefix without the slash. */
export interface InnerPath {
  path: string;
  /** What stands in front of it in the browser's address: empty, or like `/vnc`. */
  before: string;
}

/** What the path of a request may mean, the likelier first: it may begin with the public prefix, or come without it and only look as if it did. */
export function innerPaths(address: PublicAddress | undefined, { host, path, prefix }: Sent): readonly [InnerPath, ...InnerPath[]] {
  const own = address?.prefix ?? '';
  const isPublic = address !== undefined && namesPublicHost(address, host) !== undefined;
  const asItIs = { path, before: prefix ?? (isPublic ? own : '') };
  return own !== '' && (path === own || path.startsWith(`${own}/`)) ? [{ path: path.slice(own.length), before: own }, asItIs] : [asItIs];
}

/** Which desktop a request means; undefined when it is not sent to a desktop at all. */
export function findDestination(address: PublicAddress | undefined, sent: Sent): Destination | undefined {
  const named = address && namesPublicHost(address, sent.host);
  const isPublic = named !== undefined;
  const [{ path: inner, before }] = innerPaths(address, sent);
  const [, id, rest = ''] = BY_PATH.exec(inner) ?? [];
  if (named?.desktopId !== undefined) {
    const { desktopId } = named;
    // A proxy may have made a path of the name.
    return { isPublic, desktopId, rest: id === desktopId ? rest : inner, home: `${before}/` };
  }
  if (!/^\/d(?:[/#]|$)/.test(inner)) return undefined;
  return { isPublic, desktopId: id as DesktopId | undefined, rest, home: `${before}/d/${id ?? ''}/` };
}

/** Whether this is a path that may stand in front of the gateway's: empty, or segments of plain letters. */
export function isPrefix(path: string): boolean {
  if (path === '') return true;
  // What the gateway answers itself can't be in front of it.
  return /^(\/[A-Za-z0-9._~-]+)+$/.test(path) && !path.split('/').some((part) => part === '.' || part === '..') && path.split('/')[1] !== 'd';
}

function isName(name: string): boolean {
  if (isIPv6(name.replace(/^\[|\]$/g, ''))) return name.startsWith('[');
  if (name.split('{id}').length > 2 || name.split('{host}').length > 2) return false;
  // Something has to stand behind the id, or every host would be a desktop's.
  if (name.includes('{id}') && !/^[a-z0-9-]*\{id\}[a-z0-9-]*\./.test(name)) return false;
  return HOST_NAME.test(name.replace('{id}', 'x').replace('{host}', 'x'));
}

// How a request came: from which address, to which name, over TLS or not. What a proxy says about it (X-Forwarded-For, -Proto,
// -Host, -Prefix) counts from the listed ones only; from anybody else it is as if it were not there.
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { isPrefix } from '../core/public-address.ts';

/** One request, as it was before any listed proxy touched it. */
export interface Arrival {
  /** Of the client; empty where a socket has none. */
  address: string;
  /** The names that were asked for, each as a Host header: what arrived, and what a proxy says that it was asked. None where nothing was said. */
  hosts: readonly string[];
  /** The one that the browser asked for. */
  host: string | undefined;
  /** Whether the browser used TLS. */
  secure: boolean;
  /** What a proxy took away from the front of the path. */
  prefix: string | undefined;
}

/** Tells listed proxies from others. */
export interface TrustedProxies {
  includes(address: string): boolean;
}

/** What of a request is looked at. */
export interface ArrivingRequest {
  headers: IncomingHttpHeaders;
  socket: Pick<Socket, 'remoteAddress'> & { encrypted?: boolean };
}

/** `listed` are addresses and networks, as the setting has them. */
export function trustProxies(listed: readonly string[]): TrustedProxies {
  const proxies = new BlockList();
  for (const entry of listed) {
    const [address = '', length] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (length === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(length), family);
  }
  return { includes: (address) => isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') };
}

/** How a request came. */
export function arrivalOf({ headers, socket }: ArrivingRequest, proxies: TrustedProxies): Arrival {
  const peer = withoutMapping(socket.remoteAddress ?? '');
  const { host } = headers;
  const direct: Arrival = { address: peer, hosts: host === undefined ? [] : [host], host, secure: socket.encrypted === true, prefix: undefined };
  if (!proxies.includes(peer)) return direct;
  const proto = lastOf(headers['x-forwarded-proto'])?.toLowerCase();
  const asked = lastOf(headers['x-forwarded-host']);
  const prefix = lastOf(headers['x-forwarded-prefix'])?.replace(/\/$/, '');
  return {
    address: clientOf(lastFirst(headers['x-forwarded-for']), peer, proxies),
    hosts: asked === undefined ? direct.hosts : [...direct.hosts, asked],
    host: asked ?? host,
    secure: proto === 'https' || (proto !== 'http' && direct.secure),
    prefix: prefix !== undefined && isPrefix(prefix) ? prefix : undefined,
  };
}

/** From the nearest on: as long as a listed proxy speaks, the address it names is the one before it. */
function clientOf(named: readonly string[], peer: string, proxies: TrustedProxies): string {
  let nearest = peer;
  for (const name of named) {
    const address = addressIn(name);
    if (address === undefined) break;
    nearest = address;
    if (!proxies.includes(address)) break;
  }
  return nearest;
}

/** An address that may have brackets and a port; undefined for what is none. */
function addressIn(name: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(name)?.[1] ?? /^([\d.]+):\d+$/.exec(name)?.[1] ?? name;
  return isIP(bare) ? withoutMapping(bare) : undefined;
}

function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}

// Each proxy adds behind what it was told: the last is said by the one that is trusted itself.
function lastFirst(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .reverse();
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return lastFirst(header)[0];
}

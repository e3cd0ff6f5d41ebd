// The first two questions to each request: was it sent to a name of ours, and by a page of ours. Neither needs to know who asks.
import type { IncomingMessage } from 'node:http';
import { hostNameIn, LOOPBACK_NAMES } from '../core/host-header.ts';

/** What the names of the gateway are beside this machine's own. */
export interface HostRules {
  /** Host names of public addresses, in small letters, without ports. */
  publicNames: readonly string[];
  /** Whether browsers reach the gateway by TLS only. */
  secure: boolean;
}

/** Whether the Host header names us: loopback, the address this connection came in at, or a public name. One without the header is no browser. */
export function isOurHost({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, { publicNames }: HostRules): boolean {
  if (headers.host === undefined) return true;
  const name = hostNameIn(headers.host);
  if (name === undefined) return false;
  const arrivedAt = socket.localAddress?.replace(/^::ffff:/, '').toLowerCase();
  return LOOPBACK_NAMES.includes(name) || name === arrivedAt || publicNames.includes(name);
}

/** Whether a request that acts comes from a page of the same host and port, or from no page at all: browsers send an Origin with each POST and each WebSocket, and say where a request comes from. */
export function isOurOrigin({ headers }: Pick<IncomingMessage, 'headers'>, { secure }: HostRules): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  // Where both are said the origin counts: browsers differ about the site of a WebSocket.
  if (origin === undefined) return site === undefined || site === 'same-origin';
  const [, scheme, place] = /^(https?):\/\/([^/?#@\s]+)$/i.exec(origin) ?? [];
  if (scheme === undefined || place === undefined || host === undefined) return false;
  if (secure && scheme.toLowerCase() !== 'https') return false;
  const own = placeOf(scheme, host);
  return own !== undefined && placeOf(scheme, place) === own;
}

/** Host and port in one spelling, the scheme's own port left out. */
function placeOf(scheme: string, host: string): string | undefined {
  const url = `${scheme}://${host}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}

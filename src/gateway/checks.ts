// The first two questions to each request: was it sent to a name of ours, and by a page of ours. Neither needs to know who asks.
import type { IncomingHttpHeaders } from 'node:http';
import { hostNameIn, LOOPBACK_NAMES } from '../core/host-header.ts';
import { namesPublicHost, type PublicAddress, publicOrigin } from '../core/public-address.ts';
import type { DesktopId } from '../core/store.ts';
import { DASHBOARD } from '../core/tickets.ts';
import type { Arrival, TrustedProxies } from './arrival.ts';
import { SESSION_HEADER } from './session-halves.ts';

/** How the gateway may be reached, as the settings say. */
export interface HostRules {
  /** Names beside this machine's own, in small letters, without ports. */
  names: readonly string[];
  /** What the world calls it; absent where nothing stands in front. */
  publicAddress?: PublicAddress | undefined;
  /** Whose word counts for where a request comes from. */
  proxies: TrustedProxies;
}

/** Whether each name that was asked for is one of ours: loopback, the address this connection came in at, or a name of the rules. A request without one is from no browser. */
export function isOurHost({ hosts }: Pick<Arrival, 'hosts'>, localAddress: string | undefined, { names, publicAddress }: HostRules): boolean {
  const arrivedAt = localAddress?.replace(/^::ffff:/, '').toLowerCase();
  return hosts.every((host) => {
    if (publicAddress && namesPublicHost(publicAddress, host)) return true;
    const name = hostNameIn(host);
    return name !== undefined && (LOOPBACK_NAMES.includes(name) || name === arrivedAt || names.includes(name));
  });
}

/** What proxies tell of a request that they pass on, beside the whole family X-Forwarded. Nobody else sends these. */
const PROXY_HEADERS = ['forwarded', 'forwarded-for', 'via', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'x-original-forwarded-for', 'x-original-host', 'x-envoy-external-address', 'x-azure-clientip', 'x-appengine-user-ip', 'x-amzn-trace-id', 'true-client-ip', 'cf-connecting-ip', 'cf-ray', 'cdn-loop', 'fastly-client-ip', 'fly-client-ip'];

/** Whether a request may come from anywhere: a proxy passed it on, or it was sent to a public name that is not this machine's own. */
export function isFromOutside(headers: IncomingHttpHeaders, { host }: Pick<Arrival, 'host'>, { publicAddress }: Pick<HostRules, 'publicAddress'>): boolean {
  if (Object.keys(headers).some((name) => name.startsWith('x-forwarded') || PROXY_HEADERS.includes(name))) return true;
  return publicAddress !== undefined && !LOOPBACK_NAMES.includes(publicAddress.name) && namesPublicHost(publicAddress, host) !== undefined;
}

/** What is known of the page that a request should come from. */
export interface OwnPage {
  host: string | undefined;
  /** Whether it was reached by TLS. */
  secure: boolean;
  /** Where the public host was asked: whose page, at which address. */
  at?: { publicAddress: PublicAddress; desktopId: DesktopId } | undefined;
}

/** The page that a request should come from which is for no desktop of its own: one that was opened under the same name. */
export function ownPageFor({ host, secure }: Pick<Arrival, 'host' | 'secure'>, { publicAddress }: Pick<HostRules, 'publicAddress'>): OwnPage {
  const named = publicAddress && namesPublicHost(publicAddress, host);
  return named ? { host, secure: secure || publicAddress.scheme === 'https', at: { publicAddress, desktopId: named.desktopId ?? DASHBOARD } } : { host, secure };
}

/** Whether a request that acts comes from a page of the same host and port, or from no page at all: browsers send an Origin with each WebSocket and, today's, with each POST, and say where a request comes from. */
export function isOurOrigin(headers: IncomingHttpHeaders, { host, secure, at }: OwnPage): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  // Where both are said the origin counts: browsers differ about the site of a WebSocket.
  if (origin === undefined) return site === undefined ? !mayBeAnyPages(headers) : site === 'same-origin';
  const [, scheme = '', place] = /^(https?):\/\/([^/?#@\s]+)$/i.exec(origin) ?? [];
  if (place === undefined) return false;
  // A proxy may leave the port out of the host that it passes on.
  if (at) return canonical(`${scheme}://${place}`) === canonical(publicOrigin(at.publicAddress, at.desktopId));
  if (host === undefined || (secure && scheme.toLowerCase() !== 'https')) return false;
  const own = canonical(`${scheme}://${host}`);
  return own !== undefined && canonical(origin) === own;
}

/** Whether a request that says nothing of where it comes from looks like a browser's, and shows nothing that only a program or a page of ours could send: old browsers say nothing, and today's leave Sec-Fetch-Site out where the address is neither https:// nor this machine. */
export function mayBeAnyPages(headers: IncomingHttpHeaders): boolean {
  const looksLikeBrowser = /^mozilla\//i.test(headers['user-agent'] ?? '') || /\btext\/html\b/i.test(headers.accept ?? '') || headers.referer !== undefined || headers.cookie !== undefined;
  // A page of another origin may send none of these unasked. Basic is sent by browsers themselves.
  const isProven = /^bearer /i.test(headers.authorization ?? '') || headers['x-requested-with'] !== undefined || headers[SESSION_HEADER] !== undefined;
  return looksLikeBrowser && !isProven;
}

/** An origin in one spelling, the scheme's own port left out. */
function canonical(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).origin : undefined;
}

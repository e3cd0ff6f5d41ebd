// Who asks, and whether they may: the Unix socket is for whom its file lets in, the TCP door wants a token, or somebody whom an
// extension knows. Where `auth` is `none`, whoever comes from this machine itself is let in, but no page of a stranger and nobody
// behind a proxy.
import type { IncomingMessage } from 'node:http';
import { isLoopbackAddress } from '../core/host-header.ts';
import { findToken, isAllowed, type Scope } from '../core/tokens.ts';
import { VncctlError } from '../errors.ts';
import type { ApiParts } from './parts.ts';
import type { ApiExtension, Principal } from './route.ts';

/** How a request came. */
export type ApiDoor = 'tcp' | 'socket';

const always = async (): Promise<boolean> => true;
const SOCKET: Principal = { id: 'socket', scope: 'admin', isLive: always };

/** Tells who asks; undefined for nobody who may be named. TOKEN_REFUSED for a token that counts for nothing. */
export type Identify = (request: IncomingMessage, door: ApiDoor) => Promise<Principal | undefined>;

export function createIdentify(parts: Pick<ApiParts, 'tokens' | 'clock' | 'settings' | 'isOurHost' | 'isOurOrigin' | 'isFromOutside'>, extensions: readonly ApiExtension[]): Identify {
  const { clock } = parts;
  const tokenOf = async (secret: string) => findToken(await (await parts.tokens()).read(), secret, clock.now());

  const byToken = async (header: string): Promise<Principal> => {
    const [, secret] = /^bearer +(\S+) *$/i.exec(header) ?? [];
    const token = secret === undefined ? undefined : await tokenOf(secret);
    if (secret === undefined || !token) throw new VncctlError('TOKEN_REFUSED', 'this token is unknown, has ended or was taken back', { hint: 'make another: vncctl token create --scope operate' });
    return { id: token.id, scope: token.scope, isLive: async () => (await tokenOf(secret)) !== undefined };
  };

  // What a browser brings along by itself counts only for requests that pages of ours send to names of ours.
  const isOurs = (request: IncomingMessage): boolean => parts.isOurHost(request) && (isRead(request) || parts.isOurOrigin(request) || isListed(request));
  const isListed = ({ headers: { origin } }: IncomingMessage): boolean => origin !== undefined && parts.settings().corsOrigins.includes(origin);

  return async (request, door) => {
    if (door === 'socket') return SOCKET;
    const { authorization } = request.headers;
    if (authorization !== undefined && !isOfProxy(authorization)) return byToken(authorization);
    if (!isOurs(request)) return undefined;
    for (const extension of extensions) {
      const known = await extension.authenticate?.(request);
      if (known) return known;
    }
    // No session: the header was meant for the API after all, and is no token.
    if (authorization !== undefined) return byToken(authorization);
    const { remoteAddress = '' } = request.socket;
    if (parts.settings().auth === 'none' && isLoopbackAddress(remoteAddress) && !parts.isFromOutside(request)) return { id: 'this machine', scope: 'admin', isLive: always };
    return undefined;
  };
}

/** Whether an Authorization header is of a scheme that browsers send along by themselves once a proxy or server has asked for it (RFC 7617, 7616, 4559). */
function isOfProxy(authorization: string): boolean {
  return /^(basic|digest|negotiate|ntlm) /i.test(authorization);
}

/** Throws CROSS_SITE where a browser says that a page of another site asks, and the settings list it nowhere; or where one says nothing, so that it may be any page. What was typed or comes from no page is let through. */
export function refuseOtherSites(request: IncomingMessage, { isOurOrigin, mayBeAnyPages, settings }: Pick<ApiParts, 'isOurOrigin' | 'mayBeAnyPages' | 'settings'>): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === undefined && site === undefined && mayBeAnyPages(request)) {
    throw new VncctlError('CROSS_SITE', 'a browser asks for this and does not say for which page: show that it is no other site with the header X-Requested-With, or with a token', { hint: 'over https:// browsers say it; a program: curl -H "X-Requested-With: vncctl" …' });
  }
  const isAllowed = origin === undefined ? site === undefined || site === 'none' || site === 'same-origin' : isOurOrigin(request) || settings().corsOrigins.includes(origin);
  if (!isAllowed) throw new VncctlError('CROSS_SITE', 'a page of another site asks for this', { hint: 'where that page is yours: vncctl config set corsOrigins <its origin>' });
}

/** Throws TOKEN_REFUSED where nobody asks, SCOPE_TOO_SMALL where somebody may not. */
export function authorize(principal: Principal | undefined, access: Scope | 'open'): void {
  if (access === 'open') return;
  if (!principal) throw new VncctlError('TOKEN_REFUSED', 'this needs a token: Authorization: Bearer vnc_…', { hint: `make one: vncctl token create --scope ${access}` });
  if (!isAllowed(principal.scope, access)) throw new VncctlError('SCOPE_TOO_SMALL', `this needs a token of scope ${access}, and this one is for ${principal.scope}`, { hint: `make another: vncctl token create --scope ${access}` });
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

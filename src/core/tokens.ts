// Tokens: rights to use the API, each behind a secret that only its holder has. Decides what one allows and for how long; what is
// kept is a hash of the secret. Pure: the moment and the secret come as arguments, the file is behind `TokenStore`.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { VncctlError } from '../errors.ts';
import type { DurationLimit } from './duration.ts';

/** What a token allows, each more than the one before: to look; to make, use, share and remove desktops; everything. */
export const SCOPES = ['read', 'operate', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What is kept of a token. Times are ISO-8601 UTC. */
export interface Token {
  /** Names it where a person lists and revokes; opens nothing. */
  id: string;
  /** SHA-256 of its secret, hexadecimal. */
  hash: string;
  /** What it is for, in the words of whoever made it; may be empty. */
  name: string;
  scope: Scope;
  createdAt: string;
  /** From then on it allows nothing; absent: it does not end by itself. */
  expiresAt?: string;
}

/** Where tokens are kept. Implemented in store/. */
export interface TokenStore {
  /** The present tokens; none when nothing was stored. Never waits for the lock. */
  read(): Promise<readonly Token[]>;
  /** Reads, changes and writes under the cross-process lock; STORE_LOCKED when it can't be had in time. Returning no tokens writes nothing. */
  update<T>(change: (tokens: readonly Token[]) => { tokens?: readonly Token[]; result: T }): Promise<T>;
}

/** What a new token is to allow. */
export interface TokenWish {
  name: string;
  scope: Scope;
  life: DurationLimit;
}

const SECRET_FORM = /^vnc_[A-Za-z0-9_-]{43}$/;

/** Makes a token and keeps it; its secret (256 bits behind `vnc_`) is nowhere else. STORE_LOCKED when that can't be done in time. */
export async function createToken(store: TokenStore, { name, scope, life }: TokenWish, now: Date): Promise<{ token: Token; secret: string }> {
  const secret = `vnc_${randomBytes(32).toString('base64url')}`;
  const token: Token = {
    id: randomBytes(5).toString('hex'),
    hash: hashOf(secret).toString('hex'),
    name,
    scope,
    createdAt: now.toISOString(),
    ...(life === 'never' ? {} : { expiresAt: new Date(now.getTime() + life).toISOString() }),
  };
  await store.update((present) => ({ tokens: [...present, token], result: undefined }));
  return { token, secret };
}

/** Takes a token back. TOKEN_NOT_FOUND when no live one has that id. */
export async function revokeToken(store: TokenStore, id: string, now: Date): Promise<Token> {
  const revoked = await store.update((present) => {
    const found = liveTokens(present, now).find((token) => token.id === id);
    return found ? { tokens: present.filter((token) => token !== found), result: found } : { result: undefined };
  });
  if (!revoked) throw new VncctlError('TOKEN_NOT_FOUND', `there is no live token "${id}"`, { hint: 'see them: vncctl token ls' });
  return revoked;
}

/** The live token of a secret; undefined when there is none. */
export function findToken(tokens: readonly Token[], secret: string, now: Date): Token | undefined {
  if (!SECRET_FORM.test(secret)) return undefined;
  const hash = hashOf(secret);
  let found: Token | undefined;
  // All of them each time: how long it takes tells nothing of any.
  for (const token of tokens) if (timingSafeEqual(Buffer.from(token.hash, 'hex'), hash)) found = token;
  return found && isLive(found, now) ? found : undefined;
}

/** Those that count, oldest first. */
export function liveTokens(tokens: readonly Token[], now: Date): Token[] {
  return tokens.filter((token) => isLive(token, now)).sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
}

/** Whether what a scope allows includes what is needed. */
export function isAllowed(scope: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
}

function isLive({ expiresAt }: Token, now: Date): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) > now.getTime();
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

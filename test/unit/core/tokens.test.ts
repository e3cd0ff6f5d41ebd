import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { createToken, findToken, isAllowed, liveTokens, revokeToken, type Scope, SCOPES, type Token, type TokenStore } from '../../../src/core/tokens.ts';

const NOON = new Date('2030-01-01T12:00:00.000Z');
const HOUR = milliseconds(3_600_000);
const later = (ms: number): Date => new Date(NOON.getTime() + ms);

function store(): TokenStore & { tokens: readonly Token[] } {
  const held: TokenStore & { tokens: readonly Token[] } = {
    tokens: [],
    read: async () => held.tokens,
    async update(change) {
      const { tokens, result } = change(held.tokens);
      held.tokens = tokens ?? held.tokens;
      return result;
    },
  };
  return held;
}

test('a token is found by its secret alone, which is kept nowhere', async () => {
  const tokens = store();
  const { token, secret } = await createToken(tokens, { name: 'desk', scope: 'operate', life: HOUR }, NOON);
  const other = await createToken(tokens, { name: '', scope: 'read', life: 'never' }, NOON);
  expect(secret).toMatch(/^vnc_[A-Za-z0-9_-]{43}$/);
  expect(findToken(tokens.tokens, secret, NOON)).toEqual(token);
  expect(findToken(tokens.tokens, other.secret, NOON)).toEqual(other.token);
  expect(JSON.stringify(tokens.tokens)).not.toContain(secret.slice(4));
  for (const wrong of ['', 'vnc_', secret.slice(0, -1), `${secret}A`, token.id, token.hash, secret.toUpperCase()]) expect(findToken(tokens.tokens, wrong, NOON)).toBeUndefined();
});

test('it ends at its time to the millisecond, and one without an end does not', async () => {
  const tokens = store();
  const { secret } = await createToken(tokens, { name: '', scope: 'read', life: HOUR }, NOON);
  const endless = await createToken(tokens, { name: '', scope: 'read', life: 'never' }, NOON);
  expect(findToken(tokens.tokens, secret, later(HOUR - 1))).toBeDefined();
  expect(findToken(tokens.tokens, secret, later(HOUR))).toBeUndefined();
  expect(liveTokens(tokens.tokens, later(HOUR))).toEqual([endless.token]);
  expect(findToken(tokens.tokens, endless.secret, later(1e12))).toBeDefined();
});

test('one that was taken back allows nothing, and the others stay', async () => {
  const tokens = store();
  const [one, other] = [await createToken(tokens, { name: '', scope: 'admin', life: 'never' }, NOON), await createToken(tokens, { name: '', scope: 'admin', life: HOUR }, NOON)];
  expect(await revokeToken(tokens, one.token.id, NOON)).toEqual(one.token);
  expect(findToken(tokens.tokens, one.secret, NOON)).toBeUndefined();
  expect(findToken(tokens.tokens, other.secret, NOON)).toEqual(other.token);
  await expect(revokeToken(tokens, one.token.id, NOON)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND', exitCode: 3 });
  await expect(revokeToken(tokens, other.token.id, later(HOUR))).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' });
});

test('each scope includes those before it and none behind it', () => {
  const allowed = (scope: Scope): Scope[] => SCOPES.filter((needed) => isAllowed(scope, needed));
  expect(SCOPES.map(allowed)).toEqual([['read'], ['read', 'operate'], ['read', 'operate', 'admin']]);
});

test('no text but the secret finds a token', async () => {
  const tokens = store();
  const { secret } = await createToken(tokens, { name: '', scope: 'admin', life: 'never' }, NOON);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ minLength: 43, maxLength: 43 }).map((text) => `vnc_${text}`)), (text) => {
      if (text !== secret) expect(findToken(tokens.tokens, text, NOON)).toBeUndefined();
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientHash, clientKey, containerName, isDesktopId, newDesktopId, newSecret } from '../../../src/core/identity.ts';
import { ANA, clientOf } from '../../support/test-desktops.ts';

const key = new Uint8Array(32).fill(7);

test('plain naming keeps the id, hashed naming shows nothing of it', () => {
  expect(clientKey(ANA, { kind: 'plain' })).toBe('11144477735');
  expect(clientKey(ANA, { kind: 'hashed', key })).toMatch(/^[0-9a-f]{20}$/);
});

test('a hash is the same each time, and another for another client or installation', () => {
  const hashed = clientKey(ANA, { kind: 'hashed', key });
  expect(clientKey(ANA, { kind: 'hashed', key })).toBe(hashed);
  expect(clientKey(clientOf('529.982.247-25'), { kind: 'hashed', key })).not.toBe(hashed);
  expect(clientKey(ANA, { kind: 'hashed', key: new Uint8Array(32) })).not.toBe(hashed);
});

test("a client's hash in journals shows nothing of the id, is the same each time, and is not the one in names", () => {
  const hash = clientHash(ANA, key);
  expect(hash).toMatch(/^[0-9a-f]{20}$/);
  expect(clientHash(ANA, key)).toBe(hash);
  expect(clientHash(clientOf('529.982.247-25'), key)).not.toBe(hash);
  expect(clientHash(ANA, new Uint8Array(32))).not.toBe(hash);
  expect(clientKey(ANA, { kind: 'hashed', key })).not.toBe(hash);
});

test('the name is prefix and key; other instances put theirs between', () => {
  expect(containerName('vnc_', 'default', '11144477735')).toBe('vnc_11144477735');
  expect(containerName('vnc_', 'lab', '11144477735')).toBe('vnc_lab.11144477735');
});

test('names are names that an engine takes', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/), fc.constantFrom('default', 'lab'), (id, instance) => {
      expect(containerName('vnc_', instance, clientKey(clientOf(id), { kind: 'plain' }))).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
    }),
  );
});

test('desktop ids and secrets are new each time, of the promised length, and easy to read aloud', () => {
  const ids = new Set(Array.from({ length: 200 }, newDesktopId));
  const secrets = new Set(Array.from({ length: 200 }, newSecret));
  expect(ids.size).toBe(200);
  expect(secrets.size).toBe(200);
  for (const id of ids) expect([id, isDesktopId(id)]).toEqual([expect.stringMatching(/^[b-df-hj-np-tv-z2-9]{12}$/), true]);
  for (const secret of secrets) expect(secret).toMatch(/^[A-HJ-NP-Za-km-z2-9]{8}$/);
});

test.each(['dashboard', '11144477735', '111.444.777-35', 'bcdfghjkmnp', 'bcdfghjkmnpqr', 'abcdfghjkmnp', '012345678901'])('%s is no id of a desktop', (word) => {
  expect(isDesktopId(word)).toBe(false);
});

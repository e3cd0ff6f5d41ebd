import { describe, expect, it } from 'vitest';
import { keyRing, type KeyStorage } from '../../../../src/web/viewer/key.ts';

function mapStorage(): KeyStorage & { names(): string[] } {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    names: () => [...values.keys()],
  };
}

describe('the key ring of a tab', () => {
  it('gives a kept key back after a reload', () => {
    const storage = mapStorage();
    keyRing(() => storage, '/d/1/', 'key').keep('abc');
    expect(keyRing(() => storage, '/d/1/', 'key').get()).toBe('abc');
  });

  it('never gives the key of one desktop to another behind the same gateway', () => {
    const storage = mapStorage();
    keyRing(() => storage, '/d/1/', 'key').keep('abc');
    expect(keyRing(() => storage, '/d/2/', 'key').get()).toBeUndefined();
  });

  it('never takes a ticket for a key', () => {
    const storage = mapStorage();
    keyRing(() => storage, '/', 'ticket').keep('abc');
    expect(keyRing(() => storage, '/', 'key').get()).toBeUndefined();
  });

  it('leaves nothing behind when a key is forgotten', () => {
    const storage = mapStorage();
    const ring = keyRing(() => storage, '/', 'key');
    ring.keep('abc');
    ring.forget();
    expect(storage.names()).toEqual([]);
  });

  it('counts storage that the browser refuses as empty', () => {
    const ring = keyRing(() => {
      throw new Error('denied');
    }, '/', 'key');
    ring.keep('abc');
    ring.forget();
    expect(ring.get()).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { fragmentWithoutKey, keyFromFragment, keyRing, type KeyStorage } from '../../../../src/web/viewer/key.ts';

function mapStorage(): KeyStorage & { names(): string[] } {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    names: () => [...values.keys()],
  };
}

describe('the key of a link', () => {
  it('is read from the fragment, decoded', () => {
    expect(keyFromFragment('#key=a%2Bb')).toBe('a+b');
    expect(keyFromFragment('#lang=pt&key=abc')).toBe('abc');
  });

  it('is absent when the fragment is empty or has no key', () => {
    for (const fragment of ['', '#', '#key=', '#other=1']) expect(keyFromFragment(fragment)).toBeUndefined();
  });

  it('leaves the address bar while other parameters stay', () => {
    expect(fragmentWithoutKey('#key=abc')).toBe('');
    expect(fragmentWithoutKey('#key=abc&size=1')).toBe('#size=1');
  });
});

describe('the key ring of a tab', () => {
  it('gives a kept key back after a reload', () => {
    const storage = mapStorage();
    keyRing(() => storage, '/d/1/').keep('abc');
    expect(keyRing(() => storage, '/d/1/').get()).toBe('abc');
  });

  it('never gives the key of one desktop to another behind the same gateway', () => {
    const storage = mapStorage();
    keyRing(() => storage, '/d/1/').keep('abc');
    expect(keyRing(() => storage, '/d/2/').get()).toBeUndefined();
  });

  it('leaves nothing behind when a key is forgotten', () => {
    const storage = mapStorage();
    const ring = keyRing(() => storage, '/');
    ring.keep('abc');
    ring.forget();
    expect(storage.names()).toEqual([]);
  });

  it('counts storage that the browser refuses as empty', () => {
    const ring = keyRing(() => {
      throw new Error('denied');
    }, '/');
    ring.keep('abc');
    ring.forget();
    expect(ring.get()).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { fragmentWithout, secretFromFragment } from '../../../../src/web/viewer/fragment.ts';

describe.each(['key', 'ticket'] as const)('the %s of a link', (name) => {
  it('is read from the fragment, decoded', () => {
    expect(secretFromFragment(`#${name}=a%2Bb`, name)).toBe('a+b');
    expect(secretFromFragment(`#lang=pt&${name}=abc`, name)).toBe('abc');
  });

  it('is absent when the fragment is empty or has none', () => {
    for (const fragment of ['', '#', `#${name}=`, '#other=1']) expect(secretFromFragment(fragment, name)).toBeUndefined();
  });

  it('leaves the address bar while other parameters stay', () => {
    expect(fragmentWithout(`#${name}=abc`, name)).toBe('');
    expect(fragmentWithout(`#${name}=abc&size=1`, name)).toBe('#size=1');
  });
});

it('a key is no ticket and a ticket no key', () => {
  expect(secretFromFragment('#key=abc', 'ticket')).toBeUndefined();
  expect(secretFromFragment('#ticket=abc', 'key')).toBeUndefined();
});

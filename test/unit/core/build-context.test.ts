import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ContextFile, contextHash } from '../../../src/core/build-context.ts';

const file = (path: string, content = '', executable = false): ContextFile => ({ path, executable, content: Buffer.from(content) });
const files = fc.uniqueArray(
  fc.record({ path: fc.string({ minLength: 1 }), executable: fc.boolean(), content: fc.string().map((text) => Buffer.from(text)) }),
  { selector: ({ path }) => path, maxLength: 6 },
);

test('the order in which files are read does not move the hash', () => {
  fc.assert(
    fc.property(files.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
      expect(contextHash(shuffled, 'base')).toBe(contextHash(all, 'base'));
    }),
  );
});

test('any change of a path, a mode, a byte, a file or the base moves it', () => {
  const variants = [
    contextHash([file('a', 'x'), file('b')], ''),
    contextHash([file('a', 'y'), file('b')], ''),
    contextHash([file('a', 'x', true), file('b')], ''),
    contextHash([file('c', 'x'), file('b')], ''),
    contextHash([file('a', 'x')], ''),
    contextHash([file('a'), file('b', 'x')], ''),
    contextHash([file('ab', 'x')], ''),
    contextHash([file('a', 'x'), file('b')], 'base'),
  ];
  expect(new Set(variants).size).toBe(variants.length);
  for (const hash of variants) expect(hash).toMatch(/^[0-9a-f]{16}$/);
});

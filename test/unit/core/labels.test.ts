import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLabels, encodeLabels, LABEL, ownershipLabels } from '../../../src/core/labels.ts';
import type { DesktopId } from '../../../src/core/store.ts';

const word = fc.string({ minLength: 1, maxLength: 40 });
const labels = fc.record(
  {
    instance: word,
    desktopId: word.map((text) => text as DesktopId),
    clientKey: word,
    naming: fc.constantFrom('plain' as const, 'hashed' as const),
    imageKey: word,
    specHash: word,
    hostPort: fc.integer({ min: 1, max: 65_535 }),
    ownNetwork: word,
  },
  { requiredKeys: ['instance', 'desktopId', 'clientKey', 'naming', 'imageKey', 'specHash'] },
);

test('what was written is read back, among any other labels', () => {
  fc.assert(
    fc.property(labels, fc.dictionary(word, word), (written, others) => {
      expect(decodeLabels({ ...others, ...encodeLabels(written) }, written.instance)).toEqual(written);
    }),
  );
});

const example = encodeLabels({ instance: 'a', desktopId: 'd' as DesktopId, clientKey: 'c', naming: 'plain', imageKey: 'i', specHash: 's', hostPort: 5000 });

test('a desktop carries the labels that its instance is found by', () => {
  expect(example).toMatchObject(ownershipLabels('a'));
});

test.each([LABEL.managed, LABEL.version, LABEL.instance, LABEL.desktop, LABEL.client, LABEL.image, LABEL.specHash])('without %s a container is no desktop', (label) => {
  const { [label]: _, ...rest } = example;
  expect(decodeLabels(rest, 'a')).toBeUndefined();
});

test('a desktop of another instance, or in another layout, is not ours', () => {
  expect(decodeLabels(example, 'b')).toBeUndefined();
  expect(decodeLabels({ ...example, [LABEL.version]: '2' }, 'a')).toBeUndefined();
});

test.each(['', '0', '-1', 'x', '1.5'])('a port of %j is no port', (port) => {
  expect(decodeLabels({ ...example, [LABEL.port]: port }, 'a')).not.toHaveProperty('hostPort');
});

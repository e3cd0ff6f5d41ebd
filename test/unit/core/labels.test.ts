import fc from 'fast-check';
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import { decodeLabels, type DesktopLabels, encodeLabels, LABEL, ownershipLabels } from '../../../src/core/labels.ts';
import type { DesktopId } from '../../../src/core/store.ts';

const word = fc.string({ minLength: 1, maxLength: 40 });
const length = fc.oneof(fc.integer({ min: 1, max: 1e9 }).map(milliseconds), fc.constant('never' as const));
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
    lease: fc.record({ idle: length, ttl: length }, { requiredKeys: ['idle'] }),
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

test('a lease that nothing was asked for has no label, and one that says nothing known is none', () => {
  expect(example).not.toHaveProperty(LABEL.lease);
  expect(encodeLabels({ ...decoded(example), lease: {} })).toEqual(example);
  for (const line of ['', 'soon', 'idle=soon', 'colour=red']) expect(decoded({ ...example, [LABEL.lease]: line })).toEqual(decoded(example));
  expect(decoded({ ...example, [LABEL.lease]: 'idle=soon,ttl=2h' }).lease).toEqual({ ttl: 7_200_000 });
});

function decoded(written: Record<string, string>): DesktopLabels {
  const labels = decodeLabels(written, 'a');
  if (!labels) throw new Error('it is no desktop');
  return labels;
}

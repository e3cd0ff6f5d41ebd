// Which warm desktops can stand for each other.
import { expect, test } from 'vitest';
import { fittedVariables, type PoolFacts, poolKey } from '../../../src/core/pool-key.ts';
import { buildSpec, type DesktopWishes } from '../../../src/core/spec.ts';
import type { CatalogEntry } from '../../../src/core/catalog.ts';
import { exampleEntry } from '../../support/test-desktops.ts';

const claiming = exampleEntry({ ports: { web: 6080, rfb: 5900, claim: 5950 } });
const FACTS: PoolFacts = { imageId: 'sha256:1', publishedOn: '127.0.0.1', naming: 'plain', idleExitSeconds: 86_400, canFit: true, canUpdateLimits: true };
const keyOf = (wishes: Partial<DesktopWishes> = {}, facts: Partial<PoolFacts> = {}, entry: CatalogEntry = claiming, network = 'vncctl'): string =>
  poolKey(buildSpec(entry, { env: {}, ...wishes }, {}, network, 4), { ...FACTS, ...facts });

const CHANGEABLE: [string, Partial<DesktopWishes>][] = [
  ['another page', { url: 'https://example.org/' }],
  ['another size', { size: { width: 800, height: 600 } }],
  ['other limits', { cpus: 1, memoryBytes: 5e8 }],
];

test.each(CHANGEABLE)('%s can be given to a warm one', (_, wishes) => {
  expect(keyOf(wishes)).toBe(keyOf());
});

test.each<[string, Partial<DesktopWishes>, Partial<PoolFacts>]>([
  ['a setting of the image', { env: { LANGUAGE: 'en' } }, {}],
  ['the image itself, under the same reference', {}, { imageId: 'sha256:2' }],
  ['no port of its own', {}, { publishedOn: undefined }],
  ['a port on another address', {}, { publishedOn: '0.0.0.0' }],
  ['another way to write names', {}, { naming: 'hashed' }],
  ['another end by itself', {}, { idleExitSeconds: 172_800 }],
])('%s needs another one', (_, wishes, facts) => {
  expect(keyOf(wishes, facts)).not.toBe(keyOf());
});

test('another network, image or hardening needs another one', () => {
  expect(keyOf({}, {}, claiming, 'other')).not.toBe(keyOf());
  for (const over of [{ key: 'other' }, { user: '1:1' }, { capabilities: ['CHOWN'] }, { tmpfs: {} }, { limits: { ...claiming.limits, pids: 1 } }]) {
    expect(keyOf({}, {}, { ...claiming, ...over })).not.toBe(keyOf());
  }
});

test('an image without a claim port, and one without a secret to prove it by, keep page and size as they are', () => {
  const { secret: _, ...variables } = claiming.variables;
  for (const entry of [exampleEntry(), { ...claiming, variables }]) {
    expect(fittedVariables({ entry }, true)).toEqual([]);
    for (const [, wishes] of CHANGEABLE.slice(0, 2)) expect(keyOf(wishes, {}, entry)).not.toBe(keyOf({}, {}, entry));
  }
});

test('where the engine is elsewhere, page and size stay; where it can not update limits, those do', () => {
  const [[, page] = [], , [, limits] = []] = CHANGEABLE;
  expect(keyOf(page, { canFit: false })).not.toBe(keyOf({}, { canFit: false }));
  expect(keyOf(limits, { canUpdateLimits: false })).not.toBe(keyOf({}, { canUpdateLimits: false }));
});

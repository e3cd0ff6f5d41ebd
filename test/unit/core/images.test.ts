import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { ContextFile } from '../../../src/core/build-context.ts';
import type { CatalogEntry } from '../../../src/core/catalog.ts';
import { ensureImage, getEntry, type ImageBuilding, imageStatus, imageStatuses } from '../../../src/core/images.ts';
import { LABEL } from '../../../src/core/labels.ts';
import { contextOf } from '../../contract/engine-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeEngine, type FakeEngine } from '../../support/fake-engine.ts';
import { exampleEntry } from '../../support/test-desktops.ts';

const BASE = 'debian:bookworm-slim';
const kiosk = exampleEntry();
const desktop = exampleEntry({ key: 'desktop', source: { kind: 'template', folder: '/templates/desktop', extends: 'kiosk' } });
const pulled = exampleEntry({ key: 'external', source: { kind: 'pull', reference: 'registry.example/vnc:1' } });

interface Workshop extends ImageBuilding {
  engine: FakeEngine;
  /** The files of each template, by key. */
  templates: Map<string, ContextFile[]>;
}

function createWorkshop(): Workshop {
  const engine = createFakeEngine({ clock: createFakeClock() });
  const entries = [kiosk, desktop, pulled];
  const dockerfile = (text: string): ContextFile => ({ path: 'Dockerfile', executable: false, content: Buffer.from(text) });
  const templates = new Map([
    ['kiosk', [dockerfile('ARG BASE\nFROM ${BASE}\n')]],
    ['desktop', [dockerfile('ARG BASE\nFROM ${BASE}\n# more\n')]],
  ]);
  return {
    engine,
    templates,
    catalog: { entries, find: (key) => entries.find((entry) => entry.key === key) },
    exclusively: (_name, _signal, work) => work(),
    sources: {
      contextOf: async ({ key }) => templates.get(key) ?? [],
      pack: (files) => contextOf(Object.fromEntries(files.map(({ path, content }) => [path, content.toString()]))),
      async ensureBase() {
        engine.imageWorld.add(BASE);
        return BASE;
      },
    },
  };
}

const options = { signal: new AbortController().signal, onProgress: (): void => {} };
const touch = (workshop: Workshop, key: string): void => {
  const [file] = workshop.templates.get(key) ?? [];
  if (file) workshop.templates.set(key, [{ ...file, content: Buffer.concat([file.content, Buffer.from('# changed\n')]) }]);
};
const tags = (workshop: Workshop): string[] => workshop.engine.imageWorld.builds.map(({ tag }) => tag);
const state = async (workshop: Workshop, entry: CatalogEntry): Promise<string> => (await imageStatus(workshop, entry)).state;

test('a missing image is built on the base, labelled with the hash of its template', async () => {
  const workshop = createWorkshop();
  expect(await ensureImage(workshop, kiosk, options)).toBe(true);
  expect(workshop.engine.imageWorld.builds).toEqual([
    { tag: 'vncctl/kiosk:latest', labels: { [LABEL.managed]: 'true', [LABEL.image]: 'kiosk', [LABEL.template]: expect.stringMatching(/^[0-9a-f]{16}$/) as string }, args: { BASE } },
  ]);
});

test('a current image is left as it is, unless forced', async () => {
  const workshop = createWorkshop();
  await ensureImage(workshop, kiosk, options);
  expect(await ensureImage(workshop, kiosk, options)).toBe(false);
  expect(tags(workshop)).toHaveLength(1);
  expect(await ensureImage(workshop, kiosk, { ...options, force: true })).toBe(true);
  expect(tags(workshop)).toHaveLength(2);
});

test('an image whose template changed is outdated and built again, once', async () => {
  const workshop = createWorkshop();
  await ensureImage(workshop, kiosk, options);
  touch(workshop, 'kiosk');
  expect(await state(workshop, kiosk)).toBe('outdated');
  const lines: string[] = [];
  await ensureImage(workshop, kiosk, { ...options, onProgress: (line) => lines.push(line) });
  expect(lines[0]).toBe('building vncctl/kiosk:latest (its template changed)');
  expect(await state(workshop, kiosk)).toBe('current');
});

test('an image that extends another is built on it, after it', async () => {
  const workshop = createWorkshop();
  await ensureImage(workshop, desktop, options);
  expect(tags(workshop)).toEqual(['vncctl/kiosk:latest', 'vncctl/desktop:latest']);
  expect(workshop.engine.imageWorld.builds[1]?.args).toEqual({ BASE: 'vncctl/kiosk:latest' });
});

test('a change of the extended template makes both outdated; one of its own only itself', async () => {
  const workshop = createWorkshop();
  await ensureImage(workshop, desktop, options);
  touch(workshop, 'desktop');
  expect(await Promise.all([state(workshop, kiosk), state(workshop, desktop)])).toEqual(['current', 'outdated']);
  touch(workshop, 'kiosk');
  expect(await Promise.all([state(workshop, kiosk), state(workshop, desktop)])).toEqual(['outdated', 'outdated']);
  await ensureImage(workshop, desktop, options);
  expect(tags(workshop).slice(2)).toEqual(['vncctl/kiosk:latest', 'vncctl/desktop:latest']);
});

test('an image of the right name without our hash is outdated', async () => {
  const workshop = createWorkshop();
  workshop.engine.imageWorld.add('vncctl/kiosk:latest');
  expect(await state(workshop, kiosk)).toBe('outdated');
});

test('a pulled image is pulled when missing and is never outdated', async () => {
  const workshop = createWorkshop();
  workshop.engine.imageWorld.registry.add('registry.example/vnc:1');
  expect(await state(workshop, pulled)).toBe('missing');
  expect(await ensureImage(workshop, pulled, options)).toBe(true);
  expect(await ensureImage(workshop, pulled, options)).toBe(false);
  expect(await state(workshop, pulled)).toBe('current');
});

test('the statuses tell each entry of the catalog in its order', async () => {
  const workshop = createWorkshop();
  await ensureImage(workshop, kiosk, options);
  const statuses = await imageStatuses(workshop);
  expect(statuses.map(({ entry, state: is }) => [entry.key, is])).toEqual([
    ['kiosk', 'current'],
    ['desktop', 'missing'],
    ['external', 'missing'],
  ]);
});

test('a failed build is the error of the engine, and the image stays missing', async () => {
  const workshop = createWorkshop();
  workshop.sources.pack = () => Readable.from([]);
  await expect(ensureImage(workshop, kiosk, options)).rejects.toMatchObject({ code: 'BUILD_FAILED' });
  expect(await state(workshop, kiosk)).toBe('missing');
});

test('a key that the catalog does not have is IMAGE_NOT_FOUND and names what it has', () => {
  const { catalog } = createWorkshop();
  expect(() => getEntry(catalog, 'kiosc')).toThrowError(expect.objectContaining({ code: 'IMAGE_NOT_FOUND', hint: expect.stringContaining('kiosk') as string }));
});

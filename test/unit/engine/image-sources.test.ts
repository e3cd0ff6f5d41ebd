import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { type Headers, extract } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contextHash } from '../../../src/core/build-context.ts';
import { createImageSources } from '../../../src/engine/image-sources.ts';
import { exampleEntry } from '../../support/test-desktops.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vncctl-sources-'));
  await mkdir(join(root, 'template/files'), { recursive: true });
  await mkdir(join(root, 'viewer'));
  await writeFile(join(root, 'template/image.yaml'), 'title: x');
  await writeFile(join(root, 'template/Dockerfile'), 'FROM scratch');
  await writeFile(join(root, 'template/files/start'), '#!/bin/sh');
  await chmod(join(root, 'template/files/start'), 0o755);
  await writeFile(join(root, 'viewer/index.html'), '<!doctype html>');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const sources = (): ReturnType<typeof createImageSources> => createImageSources(join(root, 'viewer'), async () => 'base');
const template = (over: { extends?: string } = {}): ReturnType<typeof exampleEntry> => exampleEntry({ source: { kind: 'template', folder: join(root, 'template'), ...over } });
const paths = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path).sort();

test('a context holds the files of the template and the viewer page, without the entry itself', async () => {
  const files = await sources().contextOf(template());
  expect(paths(files)).toEqual(['Dockerfile', 'files/start', 'viewer/index.html']);
  expect(files.filter(({ executable }) => executable).map(({ path }) => path)).toEqual(['files/start']);
});

test('an image that extends another has the viewer from there, and a pulled one has no context', async () => {
  expect(paths(await sources().contextOf(template({ extends: 'kiosk' })))).toEqual(['Dockerfile', 'files/start']);
  expect(await sources().contextOf(exampleEntry({ source: { kind: 'pull', reference: 'x' } }))).toEqual([]);
});

test('a template that is not there is an error, not an empty context', async () => {
  await expect(sources().contextOf(exampleEntry({ source: { kind: 'template', folder: join(root, 'none'), extends: 'x' } }))).rejects.toThrow();
});

test('the packed context holds every file with its mode, and is the same bytes each time', async () => {
  const files = await sources().contextOf(template());
  const packed = await buffer(sources().pack(files));
  const seen: [string, number | undefined, string][] = [];
  for await (const entry of Readable.from([packed]).pipe(extract())) {
    const { name, mode }: Headers = entry.header;
    seen.push([name, mode, await text(entry)]);
  }
  expect(seen.sort()).toEqual([
    ['Dockerfile', 0o644, 'FROM scratch'],
    ['files/start', 0o755, '#!/bin/sh'],
    ['viewer/index.html', 0o644, '<!doctype html>'],
  ]);
  expect(await buffer(sources().pack(files))).toEqual(packed);
});

test('changing the entry alone rebuilds nothing', async () => {
  const before = contextHash(await sources().contextOf(template()), '');
  await writeFile(join(root, 'template/image.yaml'), 'title: y');
  expect(contextHash(await sources().contextOf(template()), '')).toBe(before);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CatalogEntry } from '../../../src/core/catalog.ts';
import type { ContainerDetails } from '../../../src/core/engine.ts';
import { buildSpec, containerSpec, type DesktopDefaults, type DesktopSpec, type DesktopWishes, imageReference, unmetWishes } from '../../../src/core/spec.ts';
import { exampleEntry } from '../../support/test-desktops.ts';

const specOf = (wishes: Partial<DesktopWishes> = {}, over: Partial<CatalogEntry> = {}, defaults: DesktopDefaults = {}): DesktopSpec =>
  buildSpec(exampleEntry(over), { env: {}, ...wishes }, defaults, 'vncctl', 4);
const hashOf = (...args: Parameters<typeof specOf>): string => specOf(...args).hash;

test("wishes come before settings, and settings before the image's own", () => {
  const defaults = { url: 'https://setting.example/', size: { width: 800, height: 600 } };
  expect(specOf().env).toEqual({ LANGUAGE: 'pt-BR' });
  expect(specOf({}, {}, defaults).env).toEqual({ LANGUAGE: 'pt-BR', KIOSK_URL: 'https://setting.example/', WIDTH: '800', HEIGHT: '600' });
  expect(specOf({ url: 'http://wish.example/', env: { LANGUAGE: 'en' } }, {}, defaults).env).toMatchObject({ KIOSK_URL: 'http://wish.example/', LANGUAGE: 'en' });
});

test('a default that exceeds a small host gives way; a wish does not', () => {
  expect(buildSpec(exampleEntry(), { env: {} }, {}, 'n', 1).limits.cpus).toBe(1);
  expect(buildSpec(exampleEntry(), { env: {}, cpus: 3 }, {}, 'n', 1).limits.cpus).toBe(3);
});

test('a wish for a larger screen than the image allows is refused with the bound; a setting that is larger is made to fit', () => {
  const small = { maxSize: { width: 1920, height: 1080 } };
  expect(specOf({ size: { width: 1920, height: 1080 } }, small).env).toMatchObject({ WIDTH: '1920', HEIGHT: '1080' });
  expect(() => specOf({ size: { width: 1920, height: 1081 } }, small)).toThrowError(expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('1920x1080 at most') as string, hint: expect.any(String) as string }));
  expect(() => specOf({ size: { width: 4097, height: 16 } })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  expect(specOf({}, small, { size: { width: 2560, height: 600 } }).env).toMatchObject({ WIDTH: '1920', HEIGHT: '600' });
});

test('the hash does not depend on the order in which anything was given', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(['LANGUAGE', 'MOTTO'], { minLength: 2 }), (names) => {
      const values: Record<string, string> = { LANGUAGE: 'en', MOTTO: 'hello' };
      const env = Object.fromEntries(names.map((name) => [name, values[name] ?? '']));
      const settings = Object.fromEntries(names.map((name) => [name, { description: name }]));
      expect(hashOf({ env }, { settings })).toBe(hashOf({ env: values }, { settings: { LANGUAGE: { description: 'LANGUAGE' }, MOTTO: { description: 'MOTTO' } } }));
    }),
  );
});

test('everything that makes a desktop another one moves the hash; a title does not', () => {
  const variants = [
    hashOf(),
    hashOf({ url: 'https://example.com/' }),
    hashOf({ size: { width: 800, height: 600 } }),
    hashOf({ env: { LANGUAGE: 'en' } }),
    hashOf({ cpus: 1 }),
    hashOf({ memoryBytes: 1 }),
    hashOf({}, { user: 'image' }),
    hashOf({}, { capabilities: ['KILL'] }),
    hashOf({}, { tmpfs: {} }),
    hashOf({}, { ports: { web: 1 } }),
    hashOf({}, { key: 'other' }),
    buildSpec(exampleEntry(), { env: {} }, {}, 'other', 4).hash,
  ];
  expect(new Set(variants).size).toBe(variants.length);
  expect(hashOf({}, { title: 'another', description: 'words' })).toBe(hashOf());
});

test.each(['example.com', 'ftp://example.com', 'file:///etc/passwd', 'javascript:alert(1)', 'https://exa mple.com', ' https://example.com', 'about:config'])('%j is no page to show', (url) => {
  expect(() => specOf({ url })).toThrowError(expect.objectContaining({ code: 'USAGE', hint: expect.any(String) as string }));
});

test.each(['https://example.com/a?b=c#d', 'http://10.0.0.1:8080', 'about:blank'])('%s is', (url) => {
  expect(specOf({ url }).env['KIOSK_URL']).toBe(url);
});

test('an image that shows no page refuses one; one with an application variable gets it there', () => {
  expect(() => specOf({ url: 'https://example.com' }, { variables: {} })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  expect(specOf({ url: 'https://example.com' }, { variables: { app: 'APPNAME' } }).env['APPNAME']).toBe('firefox-kiosk https://example.com');
  expect(specOf({}, { variables: {} }, { url: 'https://example.com' }).env).toEqual({ LANGUAGE: 'pt-BR' });
});

test('a setting that the image does not declare is refused with the nearest', () => {
  expect(() => specOf({ env: { LANGUAG: 'en' } })).toThrowError(expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('LANGUAGE') as string }));
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) expect(() => specOf({ env: { [name]: '1' } }), name).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  expect(() => specOf({ env: { X: '1' } }, { settings: {} })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});

test('a value has to match the whole of its pattern', () => {
  for (const value of ['english', 'en-us', 'xen', 'en\nRM=1']) expect(() => specOf({ env: { LANGUAGE: value } })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  expect(specOf({ env: { LANGUAGE: 'en-GB' } }).env['LANGUAGE']).toBe('en-GB');
});

test("a built image has a tag of ours, a pulled one the registry's reference", () => {
  expect(imageReference(exampleEntry())).toBe('vncctl/kiosk:latest');
  expect(imageReference(exampleEntry({ source: { kind: 'pull', reference: 'ghcr.io/x/y:1' } }))).toBe('ghcr.io/x/y:1');
});

test('the container gets its secret and client where the image takes them, and its port', () => {
  const own = { labels: { a: 'b' }, secret: 's3cret', clientLabel: '111.444.777-35', idleExitSeconds: 86_400, publish: { hostPort: 5000, hostAddress: '127.0.0.1' } };
  expect(containerSpec(specOf(), own)).toMatchObject({
    env: { VNC_SECRET: 's3cret', CLIENT: '111.444.777-35', LANGUAGE: 'pt-BR', IDLE_EXIT: '86400' },
    publish: { containerPort: 6080, hostPort: 5000, hostAddress: '127.0.0.1' },
    labels: { a: 'b' },
    user: '1000:1000',
  });
  const bare = containerSpec(specOf({}, { variables: {} }), own);
  expect(JSON.stringify(bare)).not.toMatch(/s3cret|111\.444|86400/);
});

test("what the caller says of a desktop's own end goes before what its lease says", () => {
  const settings = { IDLE_EXIT: { description: 'seconds' } };
  const own = { labels: {}, secret: 's', idleExitSeconds: 86_400 };
  expect(containerSpec(specOf({ env: { IDLE_EXIT: '60' } }, { settings }), own).env['IDLE_EXIT']).toBe('60');
  expect(containerSpec(specOf({}, { settings }), own).env['IDLE_EXIT']).toBe('86400');
});

test('each explicit wish that the running desktop does not fulfil is named, and nothing that was not asked for', () => {
  const running = { env: { KIOSK_URL: 'https://a.example/', LANGUAGE: 'pt-BR' }, limits: { cpus: 2, memoryBytes: 1024 ** 3 } } as unknown as ContainerDetails;
  const unmet = (wishes: Partial<DesktopWishes>, askedImage = false, runningKey = 'kiosk'): string[] => unmetWishes(running, runningKey, specOf(wishes), { env: {}, ...wishes }, askedImage);
  expect(unmet({})).toEqual([]);
  expect(unmet({ url: 'https://a.example/', env: { LANGUAGE: 'pt-BR' }, cpus: 2, memoryBytes: 1024 ** 3 })).toEqual([]);
  expect(unmet({ url: 'https://b.example/' })).toEqual(['url https://a.example/ (asked: https://b.example/)']);
  expect(unmet({ size: { width: 800, height: 600 } })).toEqual(['width (default) (asked: 800)', 'height (default) (asked: 600)']);
  expect(unmet({ env: { LANGUAGE: 'en' }, cpus: 1 })).toEqual(['LANGUAGE pt-BR (asked: en)', 'cpus 2 (asked: 1)']);
  expect(unmet({ url: 'https://b.example/' }, true, 'desktop')).toEqual(['image desktop (asked: kiosk)']);
  expect(unmet({}, false, 'desktop')).toEqual([]);
});

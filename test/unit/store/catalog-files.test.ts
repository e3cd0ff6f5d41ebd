import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { CatalogEntry } from '../../../src/core/catalog.ts';
import { compileCatalog, loadCatalog } from '../../../src/store/catalog-files.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
let count = 0;

/** A new folder with these files in it. */
function folder(files: Record<string, string>): string {
  const root = join(home, `${++count}`);
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const kiosk = 'title: Kiosk\ndescription: One page.\nbuild: {}\n';
const pulled = 'title: Pulled\ndescription: Another.\nimage: registry.example/x:1\n';

async function builtIn(): Promise<CatalogEntry[]> {
  return compileCatalog(join(folder({ 'templates/images/kiosk/image.yaml': kiosk }), 'templates/images'));
}

test('built-in entries are compiled in the order of their keys, with folders relative to the package', async () => {
  const root = folder({ 'templates/images/zoo/image.yaml': `${kiosk}`.replace('{}', '{extends: kiosk}'), 'templates/images/kiosk/image.yaml': kiosk, 'templates/images/README.md': 'x' });
  const entries = await compileCatalog(join(root, 'templates/images'));
  expect(entries.map(({ key, source, origin }) => ({ key, source, origin }))).toEqual([
    { key: 'kiosk', source: { kind: 'template', folder: 'templates/images/kiosk' }, origin: 'built-in' },
    { key: 'zoo', source: { kind: 'template', folder: 'templates/images/zoo', extends: 'kiosk' }, origin: 'built-in' },
  ]);
});

test('what is compiled survives JSON', async () => {
  const entries = await builtIn();
  expect(JSON.parse(JSON.stringify(entries))).toEqual(entries);
});

test('without a folder or files of the user the built-in entries stand', async () => {
  const entries = await builtIn();
  expect(await loadCatalog({ builtIn: entries, userDir: join(home, 'none') })).toEqual(entries);
  expect(await loadCatalog({ builtIn: entries, userDir: folder({ 'notes.txt': 'x', '.hidden.yaml': '[' }) })).toEqual(entries);
});

test("the user's entries are added, and one of a built-in key takes its place", async () => {
  const userDir = folder({ 'kiosk.yaml': pulled, 'mine.yml': 'title: Mine\ndescription: D\nbuild: {folder: mine}\n' });
  const entries = await loadCatalog({ builtIn: await builtIn(), userDir });
  expect(entries.map(({ key, title, source, origin }) => ({ key, title, source, origin }))).toEqual([
    { key: 'kiosk', title: 'Pulled', source: { kind: 'pull', reference: 'registry.example/x:1' }, origin: join(userDir, 'kiosk.yaml') },
    { key: 'mine', title: 'Mine', source: { kind: 'template', folder: join(userDir, 'mine') }, origin: join(userDir, 'mine.yml') },
  ]);
});

async function failure(files: Record<string, string>): Promise<{ code: string; lines: string[] }> {
  const userDir = folder(files);
  const error = await loadCatalog({ builtIn: await builtIn(), userDir }).then(
    () => undefined,
    (reason: { code: string; message: string }) => reason,
  );
  return { code: error?.code ?? '', lines: (error?.message ?? '').split('\n').map((line) => line.trim().replace(`${userDir}/`, '')) };
}

test('faults of all files come together, with file, line, column and field', async () => {
  expect(
    await failure({
      'a.yaml': 'title: A\ndescripton: D\nimage: x\nlimits:\n  cpus: 2\n  memory: much\n',
      'b.yaml': 'title: B\ndescription: D\nimage: x\ncapabilities:\n  - CHOWN\n  - 5\n',
    }),
  ).toEqual({
    code: 'BAD_CATALOG_ENTRY',
    lines: [
      '4 faults in the catalog:',
      'a.yaml:2:1: descripton: unknown field (did you mean "description"?)',
      'a.yaml:1:1: description: it is missing: one line of text',
      'a.yaml:6:3: limits.memory: a size like 512m, 1g or 1.5g is expected',
      'b.yaml:6:5: capabilities.1: the name of one Linux capability like CHOWN is expected',
    ],
  });
});

test('a file that is no YAML is a fault at its place', async () => {
  const { code, lines } = await failure({ 'a.yaml': 'title: A\nports: {web: 1\n' });
  expect(code).toBe('BAD_CATALOG_ENTRY');
  expect(lines[0]).toMatch(/^a\.yaml:3:1: /);
  expect((await failure({ 'a.yaml': 'title: A\ntitle: B\n' })).lines[0]).toMatch(/^a\.yaml:2:1: .*unique/);
});

test('an empty file, a list and a file that unfolds without end are faults, not crashes', async () => {
  expect((await failure({ 'a.yaml': '' })).lines).toContain('a.yaml:1:1: title: it is missing: one line of text');
  expect((await failure({ 'a.yaml': '- a\n' })).lines).toEqual(['a.yaml:1:1: names with values are expected']);
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(',')}]`)].join('\n');
  expect((await failure({ 'a.yaml': bomb })).code).toBe('BAD_CATALOG_ENTRY');
});

test('a file whose name is no key is refused', async () => {
  expect((await failure({ 'My Image.yaml': pulled })).lines[0]).toContain('"My Image" is no key of the catalog');
});

test('an entry extends only what is built, and never itself by a detour', async () => {
  const extending = (key: string): string => `title: T\ndescription: D\nbuild: {folder: f, extends: ${key}}\n`;
  expect((await failure({ 'a.yaml': extending('kisok') })).lines[0]).toContain('there is no entry "kisok" (did you mean "kiosk"?)');
  expect((await failure({ 'a.yaml': extending('p'), 'p.yaml': pulled })).lines[0]).toContain('"p" is pulled, not built');
  expect((await failure({ 'a.yaml': extending('b'), 'b.yaml': extending('a') })).lines[0]).toContain('it goes round: a → b → a');
});

// Catalog entries in files: the built-in ones beside their templates, the user's own in the settings folder. The only importer
// of yaml, which is loaded only when there is a file to read. What an entry may hold is core/catalog-entry.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { CatalogEntry, CatalogFault } from '../core/catalog.ts';
import { checkEntry, type EntryOrigin } from '../core/catalog-entry.ts';
import { didYouMean } from '../core/nearest.ts';
import { VncctlError } from '../errors.ts';
import { withFileFailures } from './file-failure.ts';

type Yaml = typeof import('yaml');

/** A fault at its place in a file. */
interface PlacedFault {
  file: string;
  line: number;
  column: number;
  field: string;
  message: string;
}

/** Reads `<dir>/<key>/image.yaml` of every template, for the build to write down. Folders are relative to `root` (two above `dir`), so that the package can be moved. Throws BAD_CATALOG_ENTRY. */
export async function compileCatalog(dir: string, root: string = resolve(dir, '../..')): Promise<CatalogEntry[]> {
  const keys = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = keys.map(({ name }) => ({ file: join(dir, name, 'image.yaml'), key: name })).sort((a, b) => a.key.localeCompare(b.key));
  const entries = await readEntries(files.map(({ file, key }) => ({ file, origin: { key, origin: 'built-in', folder: relative(root, join(dir, key)), builtIn: true, join } })));
  checkExtends(entries);
  return entries;
}

/** The built-in entries and the user's `<userDir>/*.yaml`; one of the user's stands in for a built-in one of its key. Throws one BAD_CATALOG_ENTRY for all faults. */
export async function loadCatalog({ builtIn, userDir }: { builtIn: readonly CatalogEntry[]; userDir: string }): Promise<CatalogEntry[]> {
  const files = await withFileFailures(`read ${userDir}`, async () => findUserFiles(userDir));
  if (files.length === 0) return [...builtIn];
  const own = await withFileFailures(`read the catalog in ${userDir}`, () =>
    readEntries(files.map((file) => ({ file, origin: { key: basename(file, extname(file)), origin: file, folder: dirname(file), builtIn: false, join: resolve } }))),
  );
  const entries = new Map([...builtIn, ...own].map((entry) => [entry.key, entry]));
  checkExtends([...entries.values()]);
  return [...entries.values()];
}

function findUserFiles(userDir: string): string[] {
  try {
    return readdirSync(userDir)
      .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(userDir, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readEntries(files: readonly { file: string; origin: EntryOrigin }[]): Promise<CatalogEntry[]> {
  // The bundled CommonJS module has its names only under `default`.
  const { default: yaml } = await import('yaml');
  const entries: CatalogEntry[] = [];
  const faults: PlacedFault[] = [];
  for (const { file, origin } of files) {
    const read = readEntry(yaml, file, origin);
    faults.push(...read.faults);
    if (read.entry) entries.push(read.entry);
  }
  if (faults.length > 0) throw badEntries(faults);
  return entries;
}

function readEntry(yaml: Yaml, file: string, origin: EntryOrigin): { entry?: CatalogEntry; faults: PlacedFault[] } {
  const lines = new yaml.LineCounter();
  // Strict about keys given twice; aliases are bounded against files that blow up.
  const document = yaml.parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    return { faults: document.errors.map((error) => ({ file, ...place(error.pos[0]), field: '', message: error.message.split('\n')[0] ?? '' })) };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { faults: [{ file, line: 1, column: 1, field: '', message: (error as Error).message }] };
  }
  const { entry, faults } = checkEntry(value ?? {}, origin);
  const placed = faults.map(({ path, message }) => ({ file, ...place(offsetOf(yaml, document, path)), field: path.join('.'), message }));
  return { ...(entry ? { entry } : {}), faults: placed };
}

/** Where a field stands: its key if it is there, else the nearest thing around it. */
function offsetOf(yaml: Yaml, document: ReturnType<Yaml['parseDocument']>, path: CatalogFault['path']): number {
  let node: unknown = document.contents;
  let offset = yaml.isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => (yaml.isScalar(key) ? String(key.value) : String(key)) === String(step));
      if (!pair) return offset;
      if (yaml.isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (yaml.isSeq(node)) {
      node = node.items[Number(step)];
      if (yaml.isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function badEntries(faults: readonly PlacedFault[]): VncctlError {
  const lines = faults.map(({ file, line, column, field, message }) => `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`);
  return new VncctlError('BAD_CATALOG_ENTRY', lines.length === 1 ? (lines[0] ?? '') : `${lines.length} faults in the catalog:\n${lines.map((line) => `  ${line}`).join('\n')}`, {
    hint: 'mend the file, or move it out of the catalog folder',
  });
}

/** Every `extends` leads to a built entry, without going round. */
function checkExtends(entries: readonly CatalogEntry[]): void {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  for (const entry of entries) {
    const seen = [entry.key];
    for (let next = parentOf(entry); next !== undefined; ) {
      const parent = byKey.get(next);
      const trouble = !parent
        ? `there is no entry "${next}"${didYouMean(next, byKey.keys())}`
        : parent.source.kind !== 'template'
          ? `"${next}" is pulled, not built`
          : seen.includes(next)
            ? `it goes round: ${[...seen, next].join(' → ')}`
            : undefined;
      if (trouble !== undefined) throw new VncctlError('BAD_CATALOG_ENTRY', `${entry.origin === 'built-in' ? entry.key : entry.origin}: build.extends: ${trouble}`, { hint: 'name another entry that is built: vncctl images ls' });
      seen.push(next);
      next = parent && parentOf(parent);
    }
  }
}

function parentOf({ source }: CatalogEntry): string | undefined {
  return source.kind === 'template' ? source.extends : undefined;
}

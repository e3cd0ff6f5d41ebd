// The shape of the house: which folder may import which, where each package enters, and what files look like. A failure names
// the file that breaks a rule. The rules are explained in src/README.md.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each part of src may import of the others. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  core: ['errors'],
  settings: ['core', 'errors'],
  rfb: ['core', 'errors'],
  claim: ['core', 'rfb', 'errors'],
  trial: ['core', 'rfb', 'errors'],
  engine: ['core', 'errors'],
  store: ['core', 'errors'],
  daemon: ['core', 'errors'],
  gateway: ['core', 'rfb', 'errors'],
  api: ['core', 'errors'],
  ui: ['core', 'errors'],
  commands: ['ui', 'core', 'errors', 'settings'],
  app: ['core', 'daemon', 'gateway', 'api', 'rfb', 'claim', 'trial', 'engine', 'store', 'settings', 'errors'],
  version: [],
  main: ['app', 'commands', 'ui', 'core', 'settings', 'errors', 'version'],
  start: ['main', 'store', 'version'],
  web: [],
};

/** What may be imported as a type only, beside the arrows. */
const TYPE_ARROWS: Readonly<Record<string, readonly string[]>> = {
  commands: ['app'],
  app: ['commands'],
};

/** The one place where each package enters; types of it may be named in the same folder. */
const ENTRANCES: Readonly<Record<string, string>> = {
  '@fastify/rate-limit': 'src/api/server.ts',
  '@novnc/novnc': 'src/web/viewer/',
  chalk: 'src/ui/paint.ts',
  'cli-table3': 'src/ui/table.ts',
  commander: 'src/main.ts',
  conf: 'src/store/json-file.ts',
  dockerode: 'src/engine/docker/engine.ts',
  execa: 'src/engine/run-program.ts',
  fastify: 'src/api/server.ts',
  inquirer: 'src/ui/prompt.ts',
  open: 'src/ui/browser.ts',
  preact: 'src/web/dashboard/',
  'prom-client': 'src/daemon/metrics.ts',
  'proper-lockfile': 'src/store/lock.ts',
  'tar-stream': 'src/engine/image-sources.ts',
  ws: 'src/rfb/websocket-stream.ts',
  yaml: 'src/store/catalog-files.ts',
  zod: 'src/api/',
};

/** Packages that stand in a folder that isn't their entrance too: every verb declares its options, and a WebSocket has a client's and a server's side. */
const ALSO_IN: Readonly<Record<string, string>> = { commander: 'src/commands/', ws: 'src/gateway/' };

const MAX_LINES = 300;

interface Import {
  file: string;
  /** Path of an own file, or the name of a package or built-in. */
  target: string;
  own: boolean;
  typeOnly: boolean;
}

const filesUnder = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules') && !file.startsWith('test/.work'))
    .sort();

const text = (file: string): string => readFileSync(join(root, file), 'utf8');

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

function importsOf(file: string): Import[] {
  return [...text(file).matchAll(IMPORT)].map(([, typeOnly, direct, lazy]) => {
    const name = direct ?? lazy ?? '';
    const own = name.startsWith('.');
    return { file, own, target: own ? relative(root, join(root, dirname(file), name)) : name, typeOnly: typeOnly !== undefined };
  });
}

const sources = filesUnder('src', /\.tsx?$/);
const imports = sources.flatMap(importsOf);
const partOf = (file: string): string => /^src\/([^/.]+)/.exec(file)?.[1] ?? file;
const show = ({ file, target }: Import): string => `${file} imports ${target}`;

test('every part of src is known to this test', () => {
  expect([...new Set(sources.map(partOf))].filter((part) => !(part in ARROWS))).toEqual([]);
});

test('imports follow the arrows', () => {
  const breaks = imports
    .filter(({ own }) => own)
    .filter(({ file, target, typeOnly }) => {
      const [from, to] = [partOf(file), partOf(target)];
      return from !== to && !ARROWS[from]?.includes(to) && !(typeOnly && TYPE_ARROWS[from]?.includes(to));
    });
  expect(breaks.map(show)).toEqual([]);
});

test('each package enters at one place', () => {
  const packageOf = (name: string): string => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
  const breaks = imports.filter(({ own, target, file, typeOnly }) => {
    if (own || target.startsWith('node:')) return false;
    const name = packageOf(target);
    const entrance = ENTRANCES[name];
    if (entrance === undefined) return true;
    if (file === entrance || (entrance.endsWith('/') && file.startsWith(entrance))) return false;
    if (typeOnly && file.startsWith(`${dirname(entrance)}/`)) return false;
    return !(ALSO_IN[name] !== undefined && file.startsWith(ALSO_IN[name]));
  });
  expect(breaks.map(show)).toEqual([]);
});

test('each package that is installed is used, and each that is used is installed', () => {
  const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> };
  expect(Object.keys(dependencies).sort()).toEqual(Object.keys(ENTRANCES).sort());
  const used = new Set(imports.filter(({ own }) => !own).map(({ target }) => target));
  expect(Object.keys(ENTRANCES).filter((name) => ![...used].some((target) => target === name || target.startsWith(`${name}/`)))).toEqual([]);
});

test('the API and its packages are loaded by an import of their own, with the first request', () => {
  const statically = /^import\s+(?!type\b)[^;]*?from\s+'[^']*\/api\/[^']*'/m;
  expect(sources.filter((file) => partOf(file) !== 'api' && statically.test(text(file)))).toEqual([]);
});

test('Node is imported with node: and own files with their extension', () => {
  const bare = imports.filter(({ own, target }) => (own ? !/\.(tsx?|js|json|css)$/.test(target) : /^(fs|path|net|http|https|os|crypto|stream|child_process|url|util|events|timers)(\/|$)/.test(target)));
  expect(bare.map(show)).toEqual([]);
});

test('no imports go in a circle, nor do those of types but to the composition root', () => {
  const next = new Map<string, string[]>();
  for (const { file, target, own, typeOnly } of imports) if (own && !(typeOnly && target === 'src/app.ts')) next.set(file, [...(next.get(file) ?? []), target]);
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const target of next.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of sources) walk(file, []);
  expect(circles).toEqual([]);
});

test('no file exports a default', () => {
  const files = [...sources, ...filesUnder('test', /\.ts$/)].filter((file) => file !== 'test/vitest.config.ts');
  expect(files.filter((file) => /^export default\b|\bas default\b/m.test(text(file)))).toEqual([]);
});

test('no file passes on what another one exports', () => {
  expect(sources.filter((file) => basename(file) === 'index.ts' || /^export\s+(type\s+)?(\*|\{[^}]*\})\s+from\b/m.test(text(file)))).toEqual([]);
});

test('no file has a name that says nothing', () => {
  const files = [...sources, ...filesUnder('test', /\.(ts|js)$/), ...filesUnder('bin', /\.js$/)];
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|manager|misc)(\/|\.|-)/i.test(file))).toEqual([]);
});

test('every source file says at its top what it is about', () => {
  expect(sources.filter((file) => !text(file).startsWith('// '))).toEqual([]);
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  expect(sources.map((file) => ({ file, lines: text(file).split('\n').length - 1 })).filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
});

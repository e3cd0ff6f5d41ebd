// Builds dist/: the program (one chunk a verb, so that a verb loads only what it uses), the viewer page that images and
// gateway serve, the dashboard, and the built-in catalog. Run by `npm run build`; needs the packages, nothing else.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// Heavy packages that others pull in at their top and vncctl rarely or never needs (ssh endpoints, BuildKit sessions, JSON
// schemas and migrations of conf): resolved on first use instead of at start-up, which halves the time of a short verb.
const LAZY = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|ajv(\/.*)?|ajv-formats|semver|tar-fs|@balena\/dockerignore|debug)$/;

/** @type {import('esbuild').Plugin} */
const lazyPackages = {
  name: 'lazy-packages',
  setup(builder) {
    builder.onResolve({ filter: LAZY }, ({ path }) => ({ path, namespace: 'lazy' }));
    // For programs beside it as verbs, of which there are none: 8 of the 24 ms of `--help`.
    builder.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) => (/[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'lazy' } : undefined));
    // docker-modem spells every request out for its (silent) debug output: 15 to 25 ms of each command.
    builder.onResolve({ filter: /^util$/ }, ({ importer }) => (/[\\/]docker-modem[\\/]lib[\\/]modem\.js$/.test(importer) ? { path: 'util without inspect', namespace: 'silent' } : undefined));
    // docker-modem's copy of Node's streams for Nodes that are older than any vncctl runs on: 14 modules.
    builder.onResolve({ filter: /^readable-stream$/ }, () => ({ path: 'node:stream', external: true }));
    builder.onLoad({ filter: /.*/, namespace: 'silent' }, () => ({ contents: "module.exports = { ...__nodeRequire('node:util'), inspect: () => '' };", loader: 'js' }));
    builder.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: path === 'debug' ? 'module.exports = () => () => {};' : lazyModule(path),
      loader: 'js',
    }));
  },
};

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(root, 'src', name))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

// `import` of a module of Node's own reads every export of it, the getters too, and so loads what nobody asked for: undici with
// node:http (66 ms of CPU time against 9), webcrypto with node:crypto, promises with node:fs. Here each is loaded when something of
// it is used, which node:crypto (7 ms) seldom is.
/** @type {import('esbuild').Plugin} */
const ownModules = {
  name: 'own-modules',
  setup(builder) {
    builder.onResolve({ filter: /^node:/ }, ({ path, importer, kind }) => (kind === 'import-statement' && importer.startsWith(join(root, 'src')) ? { path, namespace: 'own' } : undefined));
    builder.onLoad({ filter: /.*/, namespace: 'own' }, ({ path }) => {
      const getters = namesUsedOf(path).map((name) => `get ${name}() { return own().${name}; }`);
      return { contents: `const own = () => process.getBuiltinModule(${JSON.stringify(path)});\nmodule.exports = { ${getters.join(', ')} };`, loader: 'js' };
    });
  },
};

/** What the sources import by name from a module of Node's own. */
function namesUsedOf(module) {
  const lists = sources.flatMap(({ text }) => [...text.matchAll(/^import \{([^}]*)\} from '(node:[^']+)';$/gm)].filter(([, , from]) => from === module).map(([, names = '']) => names));
  return [...new Set(lists.flatMap((names) => names.split(',')).map((name) => name.trim().replace(/ as .*/, '')).filter((name) => name !== '' && !name.startsWith('type ')))];
}

// Each file costs a good half of a millisecond, however small, and splitting makes one of each set of modules that some verbs share
// and others don't: forty for an `up`. So whatever is loaded on first use takes these along, which makes them one file.
const TOGETHER = ['app.ts', 'app/desktop-giver.ts', 'commands/up.ts'].map((name) => join(root, 'src', name));

/** @type {import('esbuild').Plugin} */
const fewFiles = {
  name: 'few-files',
  setup(builder) {
    const firstUsed = new Set(sources.flatMap(({ file, text }) => [...text.matchAll(/\bimport\('(\.[^']+)'\)/g)].map(([, target = '']) => join(file, '..', target))));
    // What comes before a verb is known: it stays small.
    firstUsed.delete(join(root, 'src/main.ts'));
    builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!firstUsed.has(path)) return undefined;
      const others = TOGETHER.filter((name) => name !== path).map((name) => `import ${JSON.stringify(name)};`);
      return { contents: [readFileSync(path, 'utf8'), ...others].join('\n'), loader: 'ts' };
    });
  },
};

/** A CommonJS module that stands in for `name`: properties are stand-ins too, until one is called or constructed. */
function lazyModule(name) {
  return `
    const load = () => __nodeRequire(${JSON.stringify(name)});
    const standIn = (resolve) => new Proxy(function () {}, {
      get: (_, key) => (key === '__esModule' ? undefined : key === 'default' ? standIn(() => resolve().default ?? resolve()) : standIn(() => resolve()[key])),
      apply: (_, self, args) => Reflect.apply(resolve(), self, args),
      construct: (_, args) => Reflect.construct(resolve(), args),
    });
    module.exports = standIn(load);`;
}

// CommonJS packages inside ES modules need a require; the stand-ins need one that esbuild does not follow.
const banner = { js: "import { createRequire as __createRequire } from 'node:module'; const __nodeRequire = __createRequire(import.meta.url); const require = __nodeRequire;" };

rmSync(dist, { recursive: true, force: true });

await build({
  entryPoints: { start: join(root, 'src/start.ts') },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['*.node', 'cpu-features'],
  plugins: [lazyPackages, ownModules, fewFiles],
  define: { VNCCTL_VERSION: JSON.stringify(version) },
  banner,
  // Beside the entry, so that every built file finds the root of the package at the same place as its source.
  chunkNames: '[name]-[hash]',
  logLevel: 'warning',
});

// Started as a thread, and so a file of its own.
await build({
  entryPoints: { 'picture-worker': join(root, 'src/rfb/picture-worker.ts') },
  outdir: dist,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  banner,
  logLevel: 'warning',
});

/** A page for browsers: one script, its markup and its style. */
async function buildPage(name, entry) {
  await build({
    entryPoints: { [name]: join(root, 'src/web', name, entry) },
    outdir: join(dist, name),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
  });
  for (const file of ['index.html', `${name}.css`]) cpSync(join(root, 'src/web', name, file), join(dist, name, file));
}
await buildPage('viewer', 'main.ts');
await buildPage('dashboard', 'main.tsx');
// Preact is in the bundle: its licence (MIT) goes where the bundle goes.
cpSync(join(root, 'node_modules/preact/LICENSE'), join(dist, 'dashboard', 'preact-LICENSE.txt'));
// noVNC is in the bundle: its licence (MPL-2.0) goes where the bundle goes.
cpSync(join(root, 'node_modules/@novnc/novnc/LICENSE.txt'), join(dist, 'viewer', 'novnc-LICENSE.txt'));

const compiler = join(dist, 'catalog-compiler.mjs');
await build({
  entryPoints: [join(root, 'src/store/catalog-files.ts')],
  outfile: compiler,
  bundle: true,
  format: 'esm',
  platform: 'node',
  banner,
  logLevel: 'warning',
});
const { compileCatalog } = await import(pathToFileURL(compiler).href);
writeFileSync(join(dist, 'catalog.json'), JSON.stringify(await compileCatalog(join(root, 'templates/images'))));
rmSync(compiler);

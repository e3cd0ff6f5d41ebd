// JSON files of vncctl's own: read in one go without conf (whose import costs more than a whole `ls`), written through conf,
// which writes to a temporary file and renames it, so that a reader never meets half a file. The only importer of conf.
import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';

/** A file's JSON object, that there is no file, or why it is no JSON object. */
export type JsonFileContent =
  | { kind: 'object'; values: Record<string, unknown> }
  | { kind: 'missing' }
  | { kind: 'corrupt'; why: string };

/** Reads and parses; an empty file counts as corrupt. Throws only what the file system throws, but for a missing file. */
export function readJsonFile(file: string): JsonFileContent {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return { kind: 'object', values: value };
    return { kind: 'corrupt', why: `it holds ${Array.isArray(value) ? 'a list' : `${value === null ? 'null' : `a ${typeof value}`}`}, not an object` };
  } catch (error) {
    return { kind: 'corrupt', why: text.trim() === '' ? 'it is empty' : `${placeOf(error, text)}${wordsOf(error)}` };
  }
}

/** What writes a file whole, readable by its owner only. Made under the file's lock, when the file is missing or right. */
export async function jsonFileWriter(file: string): Promise<(values: Record<string, unknown>) => void> {
  const { default: Conf } = await importConf();
  const extension = extname(file);
  const conf = new Conf<Record<string, unknown>>({
    cwd: dirname(file),
    configName: basename(file, extension),
    fileExtension: extension.slice(1),
    projectName: 'vncctl',
    projectSuffix: '',
    configFileMode: 0o600,
  });
  return (values) => {
    conf.store = values;
  };
}

// A package inside conf ends the process by itself on a signal, before what was half-made can be undone: its listeners go.
async function importConf(): Promise<typeof import('conf')> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = signals.map((signal) => new Set<unknown>(process.rawListeners(signal)));
  const conf = await import('conf');
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.rawListeners(signal)) {
      if (!before[index]?.has(listener)) process.removeListener(signal, listener as NodeJS.SignalsListener);
    }
  }
  return conf;
}

/** Whether a parsed value is a plain object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wordsOf(error: unknown): string {
  return (error as Error).message.replace(/ in JSON at position \d+.*$/s, '').replace(/,? *\.{0,3}"[\s\S]*$/, '');
}

// Node 20 gives the position, later ones sometimes the line, and neither for a file that ends too early.
function placeOf(error: unknown, text: string): string {
  const message = (error as Error).message;
  const position = /at position (\d+)/.exec(message)?.[1];
  const offset = position === undefined ? (/unexpected end/i.test(message) ? text.trimEnd().length : undefined) : Number(position);
  if (offset === undefined) return '';
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: `;
}

// The viewer page and what it loads, read and compressed once at the start. The page names its files by their content, so that
// browsers keep them for good.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { send } from './answers.ts';

/** One file in each encoding, ready to be sent. */
interface ReadyFile {
  type: string;
  /** Of its content: the first 20 hexadecimal digits of its SHA-256. */
  hash: string;
  bodies: Readonly<Record<Encoding, Buffer>>;
}

/** The viewer, as a gateway sends it. */
export interface ViewerFiles {
  /** The page, which never is kept by a browser. */
  sendPage(request: IncomingMessage, response: ServerResponse, options: { viewOnly: boolean }): void;
  /** Sends the file of that name; false when there is none. `version` is the hash that was asked for: the right one is kept for good, any other asked for again. */
  sendFile(request: IncomingMessage, response: ServerResponse, name: string, version: string | null): boolean;
}

type Encoding = 'br' | 'gzip' | 'identity';

const TYPES: Readonly<Record<string, string>> = { 'viewer.js': 'text/javascript; charset=utf-8', 'viewer.css': 'text/css; charset=utf-8' };
const PAGE_TYPE = 'text/html; charset=utf-8';
// Of a script of 200 kB, 9 makes 57 kB in 49 ms, and 11 makes 52 kB in 436 ms.
const BROTLI_QUALITY = 9;

/** Reads the built viewer in `folder`. Rejects when a file is missing, or the page is not the one this was written for. */
export async function loadViewerFiles(folder: string): Promise<ViewerFiles> {
  const names = Object.keys(TYPES);
  const files = new Map(await Promise.all(names.map(async (name) => [name, await makeReady(await readFile(join(folder, name)), TYPES[name] ?? '')] as const)));
  let page = await readFile(join(folder, 'index.html'), 'utf8');
  for (const [name, { hash }] of files) page = replaceOnce(page, `"${name}"`, `"${name}?v=${hash}"`);
  const pageFor = (viewOnly: boolean): Promise<ReadyFile> =>
    makeReady(Buffer.from(replaceOnce(page, '<html ', `<html data-ticket data-view-only="${viewOnly}" data-websocket="ws" data-key="none" `)), PAGE_TYPE);
  const [fullPage, viewOnlyPage] = await Promise.all([pageFor(false), pageFor(true)]);
  return {
    sendPage: (request, response, { viewOnly }) => sendReady(request, response, viewOnly ? viewOnlyPage : fullPage, 'no-store'),
    sendFile(request, response, name, version) {
      const file = files.get(name);
      if (!file) return false;
      sendReady(request, response, file, version === file.hash ? 'public, max-age=31536000, immutable' : 'no-cache');
      return true;
    },
  };
}

async function makeReady(content: Buffer, type: string): Promise<ReadyFile> {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 20);
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  return { type, hash, bodies: { br, gzip: zipped, identity: content } };
}

function sendReady(request: IncomingMessage, response: ServerResponse, { type, hash, bodies }: ReadyFile, cacheControl: string): void {
  const encoding = encodingFor(request.headers['accept-encoding']);
  // Each encoding is a representation of its own (RFC 9110, 8.8.3).
  const etag = `"${hash}${encoding === 'identity' ? '' : `-${encoding}`}"`;
  const kept = { vary: 'accept-encoding', 'cache-control': cacheControl };
  const headers = cacheControl === 'no-store' ? kept : { ...kept, etag };
  if (cacheControl !== 'no-store' && isKnown(request.headers['if-none-match'], etag)) return send(request, response, 304, headers);
  send(request, response, 200, { ...headers, 'content-type': type, ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }) }, bodies[encoding]);
}

function isKnown(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((part) => ['*', etag].includes(part.trim().replace(/^W\//, '')));
}

/** The smallest that is taken (RFC 9110, 12.5.3); as it is where nothing is said. */
function encodingFor(header = ''): Encoding {
  const taken = header
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((piece) => piece.trim()))
    .filter(([, quality = '']) => !/^q=0(\.0*)?$/.test(quality))
    .map(([name]) => name);
  return taken.includes('br') ? 'br' : taken.includes('gzip') ? 'gzip' : 'identity';
}

function replaceOnce(text: string, part: string, replacement: string): string {
  if (text.split(part).length !== 2) throw new Error(`the viewer page is expected to have ${part} once`);
  return text.replace(part, () => replacement);
}

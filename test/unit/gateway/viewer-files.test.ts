import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request as ask } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { loadViewerFiles } from '../../../src/gateway/viewer-files.ts';
import { PAGE, viewerFolder } from '../../support/test-gateway.ts';

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The viewer of a folder on a port of its own, the page at `/`. */
async function serve(folder: string): Promise<(path: string, headers?: Record<string, string>, method?: string) => Promise<Answer>> {
  const files = await loadViewerFiles(folder);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (url.pathname === '/') files.sendPage(request, response);
    else if (!files.sendFile(request, response, url.pathname.slice(1), url.searchParams.get('v'))) response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  return (path, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const sent = ask({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
        buffer(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
      });
      sent.once('error', reject);
      sent.end();
    });
}

const named = (page: string, name: string): string => new RegExp(`"(${name.replace('.', '\\.')}\\?v=[0-9a-f]{20})"`).exec(page)?.[1] ?? expect.unreachable();

test('the page says what it is to do, and names its files by their content', async () => {
  const get = await serve(viewerFolder());
  const page = (await get('/')).body.toString();
  expect(page).toContain('<html data-ticket data-websocket="ws" data-key="none" lang="en">');
  for (const name of ['viewer.js', 'viewer.css']) expect((await get(`/${named(page, name)}`)).status).toBe(200);
  const other = (await (await serve(viewerFolder({ 'viewer.js': 'other()' })))('/')).body.toString();
  expect(named(other, 'viewer.js')).not.toBe(named(page, 'viewer.js'));
  expect(named(other, 'viewer.css')).toBe(named(page, 'viewer.css'));
});

test('the page is kept by nobody, framed by nobody, and runs no script but its own', async () => {
  const { headers } = await (await serve(viewerFolder()))('/');
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  const policy = String(headers['content-security-policy']);
  for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) expect(policy.split('; ')).toContain(rule);
  expect(policy).not.toMatch(/unsafe|\*/);
});

test('a file is kept for good under the name that the page gives it, and asked for again under any other', async () => {
  const get = await serve(viewerFolder());
  const name = named((await get('/')).body.toString(), 'viewer.css');
  expect((await get(`/${name}`)).headers).toMatchObject({ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' });
  expect((await get('/viewer.js')).headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' });
  expect((await get('/viewer.js?v=0')).headers['cache-control']).toBe('no-cache');
  for (const unknown of ['/index.html', '/novnc-LICENSE.txt', '/toString', '/viewer.j']) expect((await get(unknown)).status).toBe(404);
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['GZIP;q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br; q=0.0, gzip;q=0', undefined],
  ['deflate', undefined],
])('to one who takes %j it is sent as %j, with its content whole', async (accepted, encoding) => {
  const get = await serve(viewerFolder());
  const { headers, body } = await get('/viewer.js', accepted === undefined ? {} : { 'accept-encoding': accepted });
  expect(headers['content-encoding']).toBe(encoding);
  expect(headers.vary).toBe('accept-encoding');
  expect(Number(headers['content-length'])).toBe(body.length);
  const plain = encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body;
  expect(plain.toString()).toMatch(/^console\.log\("x{1000}"\);$/);
});

test('what a browser has it is not sent again, in the encoding that it has', async () => {
  const get = await serve(viewerFolder());
  const { etag = '' } = (await get('/viewer.js', { 'accept-encoding': 'br' })).headers;
  expect(await get('/viewer.js', { 'accept-encoding': 'br', 'if-none-match': `"x", W/${etag}` })).toMatchObject({ status: 304, body: Buffer.alloc(0), headers: { etag, vary: 'accept-encoding', 'cache-control': 'no-cache' } });
  expect((await get('/viewer.js', { 'if-none-match': etag })).status).toBe(200);
  const { headers } = await get('/');
  expect(headers.etag).toBeUndefined();
});

test('a look at the headers costs no body', async () => {
  const get = await serve(viewerFolder());
  const [whole, head] = [await get('/'), await get('/', {}, 'HEAD')];
  expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0), headers: { 'content-length': whole.headers['content-length'] } });
});

test('a page without its files, or another than is known, fails at the start', async () => {
  await expect(loadViewerFiles('/nowhere')).rejects.toThrow('ENOENT');
  await expect(loadViewerFiles(viewerFolder({ 'index.html': PAGE.replace('viewer.js', 'main.js') }))).rejects.toThrow('viewer.js" once');
  await expect(loadViewerFiles(viewerFolder({ 'index.html': PAGE.replace('<html lang="en">', '') }))).rejects.toThrow('<html ');
});

test("the viewer's own page can be served", async () => {
  const page = readFileSync(new URL('../../../src/web/viewer/index.html', import.meta.url), 'utf8');
  const get = await serve(viewerFolder({ 'index.html': page }));
  expect(named((await get('/')).body.toString(), 'viewer.js')).toBeTruthy();
});

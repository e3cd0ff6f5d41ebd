// A web server for one test file, where the desktops can reach it: pages for a kiosk to show, and what those pages report.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterAll, vi } from 'vitest';

/** What a page said last about itself. */
export interface Report {
  /** Of this load of the page: another after a reload. */
  load: string;
  /** Content of the page's text field. */
  text: string;
  /** How often the page has reported since it was loaded. */
  count: number;
  /** How many keys, movements, presses, pastes and changes of its size it has seen since then. */
  events: number;
}

/** What a page found of the pages before it, after it has left traces of its own where it does. */
export interface Trace {
  path: string;
  cookie: string;
  stored: string;
  /** In its database (IndexedDB). */
  database: string;
  /** Which answer of a server that never gives the same one twice, and allows it to be kept: another one after the cache was emptied. */
  cached: string;
  historyLength: number;
  referrer: string;
  windowName: string;
  webdriver: boolean;
  /** Whether it could do what a page may do only at a person's key or click; told by the page that leaves traces. */
  tried?: { copied: boolean; opened: boolean };
}

/** What the trace page leaves wherever it can; also name and content of the two files that it has the browser save, of which one never ends. */
export const TRACE_MARK = 'trace-left-here';

export interface PageServer {
  /** Address of a page that leaves traces of itself and reports them; with a query it leaves none and reports what it found. */
  readonly tracePage: string;
  readonly trace: Trace | undefined;
  /** Of the window that shows it, as the trace page tells at every change. */
  readonly size: { width: number; height: number } | undefined;
  /** Address of a page that tries the port 5901 of its own machine, and what came of it. */
  readonly portPage: string;
  readonly portWords: readonly string[];

  /** Address of a page that keeps a cookie, would rather not be left, and speaks when it is: and what it said, the cookie it found first. */
  readonly farewellPage: string;
  readonly said: readonly string[];

  /** Address of a page with a form of one text field, that has the focus; sending it posts the text. */
  readonly formPage: string;
  /** Address of a page with a text area that has the focus and shows nothing of what is typed, and with links out of the kiosk. */
  readonly barePage: string;
  /** Texts that were sent by the form, in order. */
  readonly submitted: readonly string[];
  /** Latest report of whichever page runs; undefined until there was one. */
  readonly report: Report | undefined;
  /** Paths that were asked for, in order, reports left out. */
  readonly paths: readonly string[];
}

const REPORT_EVERY_MS = 100;

const LOOKS = 'html { background: #2d6a4f } body { margin: 0; font: 28px sans-serif; color: #fff } form { padding: 60px } input, button { font: inherit; padding: 12px; width: 40%; caret-color: transparent }';
const REPORTER = `
  const load = Math.random().toString(36).slice(2);
  const field = document.querySelector('[name=text]');
  let count = 0, events = 0;
  for (const name of ['keydown', 'keyup', 'pointermove', 'pointerdown', 'pointerup', 'wheel', 'paste', 'resize']) addEventListener(name, () => events++, true);
  setInterval(() => fetch('/report', { method: 'POST', body: JSON.stringify({ load, text: field.value, count: ++count, events }) }).catch(() => {}), ${REPORT_EVERY_MS});
  field.focus();`;
const FORM_PAGE = `<!doctype html><meta charset="utf-8"><title>form</title><style>${LOOKS}</style>
  <form method="post" action="/submit" accept-charset="utf-8"><p>Write here</p><input name="text" autocomplete="off"> <button>Send</button></form><script>${REPORTER}</script>`;
// What is typed must not show, so that pictures from before and after can be compared.
const BARE_PAGE = `<!doctype html><meta charset="utf-8"><title>bare</title><style>${LOOKS} textarea { position: fixed; inset: 0; width: 100%; height: 100%; resize: none; border: 0; outline: 0;
  overflow: hidden; color: transparent; caret-color: transparent; background: linear-gradient(90deg, #2d6a4f, #40916c 50%, #d8f3dc) } ::selection { color: transparent; background: transparent }
  nav { position: fixed; top: 0; left: 0; display: grid } a { display: block; width: 300px; height: 60px; background: #1b4332; color: #fff }</style>
  <textarea name="text" spellcheck="false"></textarea>
  <nav>${['about:config', 'file:///etc/passwd', 'view-source:/bare'].map((target) => `<a href="${target}">${target}</a>`).join('')}</nav><script>${REPORTER}</script>`;

const TRACE_PAGE = `<!doctype html><meta charset="utf-8"><title>trace</title><style>${LOOKS} input { position: fixed; inset: 20% 0; width: 100% }</style><form><p>Traces of this page</p><input name="text"></form><script>
  const mark = '${TRACE_MARK}';
  const leave = () => {
    document.cookie = 'trace=' + mark + '; max-age=9999';
    localStorage.setItem('trace', mark);
    window.name = mark;
    history.pushState({}, '');
    for (const src of ['/file', '/file?endless']) document.body.append(Object.assign(document.createElement('iframe'), { src, hidden: true }));
    const field = document.querySelector('[name=text]');
    field.value = mark;
    field.select();
    return { copied: document.execCommand('copy'), opened: window.open('/form') !== null };
  };
  const finished = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const inDatabase = async () => {
    const opening = indexedDB.open('trace');
    opening.onupgradeneeded = () => opening.result.createObjectStore('trace');
    const records = (await finished(opening)).transaction('trace', 'readwrite').objectStore('trace');
    if (!location.search) await finished(records.put(mark, 'trace'));
    return (await finished(records.get('trace'))) ?? '';
  };
  const tell = (path, what) => fetch(path, { method: 'POST', body: JSON.stringify(what) });
  const tellTraces = async () => {
    const tried = location.search ? undefined : leave();
    const cached = await (await fetch('/kept')).text();
    await tell('/traces', { path: location.pathname + location.search, cookie: document.cookie, stored: localStorage.getItem('trace') ?? '', database: await inDatabase(), cached,
      historyLength: history.length, referrer: document.referrer, windowName: window.name, webdriver: navigator.webdriver, tried });
  };
  tellTraces();
  const tellSize = () => tell('/size', { width: innerWidth, height: innerHeight });
  addEventListener('resize', tellSize);
  tellSize();${REPORTER}</script>`;
const PORT_PAGE = `<!doctype html><meta charset="utf-8"><title>port</title><style>${LOOKS}</style><form><p>A page that is curious</p></form><script>
  const fetched = fetch('http://127.0.0.1:5901/', { mode: 'no-cors' }).then(() => 'fetch: answered', () => 'fetch: failed');
  const socket = new WebSocket('ws://127.0.0.1:5901/');
  const closed = new Promise((resolve) => { socket.onclose = ({ code }) => resolve('socket: closed ' + code); socket.onopen = () => resolve('socket: open'); });
  Promise.all([fetched, closed]).then((words) => fetch('/words', { method: 'POST', body: JSON.stringify(words) }));</script>`;
const FAREWELL_PAGE = `<!doctype html><meta charset="utf-8"><title>farewell</title><style>${LOOKS}</style><form><p>A page that has something to say</p></form><script>
  const say = (words) => navigator.sendBeacon('/said', words);
  say('hello ' + document.cookie);
  document.cookie = 'kept=yes; max-age=9999';
  addEventListener('beforeunload', (event) => event.preventDefault());
  addEventListener('pagehide', () => say('farewell'));</script>`;
const PAGES: Readonly<Record<string, string>> = { '/bare': BARE_PAGE, '/trace': TRACE_PAGE, '/port': PORT_PAGE, '/farewell': FAREWELL_PAGE };

/** Starts a server on `host`, any port; it ends after the file's last test. */
export async function startPageServer(host: string): Promise<PageServer> {
  const submitted: string[] = [];
  const paths: string[] = [];
  const said: string[] = [];
  let report: Report | undefined;
  let trace: Trace | undefined;
  let size: PageServer['size'];
  let portWords: readonly string[] = [];
  let answers = 0;
  const takers: Readonly<Record<string, (told: never) => void>> = {
    '/report': (told: Report) => (report = told),
    '/traces': (told: Trace) => (trace = told),
    '/size': (told: NonNullable<typeof size>) => (size = told),
    '/words': (told: readonly string[]) => (portWords = told),
  };

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    if (request.url === '/said') {
      said.push(body);
      response.end();
      return;
    }
    const take = takers[request.url ?? ''];
    if (take) {
      take(JSON.parse(body) as never);
      response.end();
      return;
    }
    paths.push(request.url ?? '');
    if (request.url === '/kept') {
      response.setHeader('cache-control', 'max-age=3600').end(`answer ${++answers}`);
      return;
    }
    if (request.url?.startsWith('/file')) {
      response.setHeader('content-type', 'application/octet-stream').setHeader('content-disposition', `attachment; filename="${TRACE_MARK}"`);
      if (request.url === '/file') response.end(TRACE_MARK);
      else response.write(TRACE_MARK.repeat(10_000));
      return;
    }
    if (request.method === 'POST') submitted.push(new URLSearchParams(body).get('text') ?? '');
    sendPage(response, PAGES[new URL(request.url ?? '/', 'http://localhost').pathname] ?? FORM_PAGE);
  });
  server.listen(0, host);
  await once(server, 'listening');
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the page server has no port');
  const root = `http://${host}:${address.port}`;
  return {
    formPage: `${root}/form`,
    barePage: `${root}/bare`,
    tracePage: `${root}/trace`,
    portPage: `${root}/port`,
    farewellPage: `${root}/farewell`,
    said,
    submitted,
    paths,
    get report() {
      return report;
    },
    get trace() {
      return trace;
    },
    get size() {
      return size;
    },
    get portWords() {
      return portWords;
    },
  };
}

function sendPage(response: ServerResponse, page: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8').setHeader('cache-control', 'no-store');
  response.end(page);
}

/** The form page's word once nothing happens in it any more. */
export async function settledReport(server: PageServer): Promise<Report> {
  let first: Report | undefined;
  return vi.waitFor(
    () => {
      const now = server.report;
      if (!first || now?.load !== first.load || now.events !== first.events || now.text !== first.text) first = now;
      if (!first || !now || now.count - first.count < 10) throw new Error('the page is not settled');
      return now;
    },
    { timeout: 15_000, interval: 50 },
  );
}

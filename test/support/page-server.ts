// A web server for one test file, where the desktops can reach it: pages for a kiosk to show, and what those pages report.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterAll } from 'vitest';

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

export interface PageServer {
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

/** Starts a server on `host`, any port; it ends after the file's last test. */
export async function startPageServer(host: string): Promise<PageServer> {
  const submitted: string[] = [];
  const paths: string[] = [];
  let report: Report | undefined;

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    if (request.url === '/report') {
      report = JSON.parse(body);
      response.end();
      return;
    }
    paths.push(request.url ?? '');
    if (request.method === 'POST') submitted.push(new URLSearchParams(body).get('text') ?? '');
    sendPage(response, request.url === '/bare' ? BARE_PAGE : FORM_PAGE);
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
    submitted,
    paths,
    get report() {
      return report;
    },
  };
}

function sendPage(response: ServerResponse, page: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8').setHeader('cache-control', 'no-store');
  response.end(page);
}

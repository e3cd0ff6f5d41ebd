// The web server of a trial, where its desktop can reach it: gives the pages, takes the kiosk page's reports, hands it orders, and
// knows what was asked for.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { VncctlError } from '../errors.ts';
import { ELSEWHERE_PATH, KIOSK_PAGE, KIOSK_PATH, PDF, POPUP_PAGE, POPUP_PATH } from './page.ts';

/** What the kiosk page says of itself. */
export interface PageReport {
  /** The highest order that it has, and the one that it ran last; 0 for none. */
  armed: number;
  ran: number;
  /** The end of what was typed. */
  text: string;
}

export interface TrialPages {
  /** The latest report of the page whose address was given last; undefined before the first. */
  readonly report: PageReport | undefined;
  /** Has the page run the code, at once or at the next click into it; returns the order's number. */
  order(code: string, atClick: boolean): number;
  /** How often a path was asked for. */
  asked(path: string): number;
  /** Whether something asked for an address that no page gives. */
  readonly ledElsewhere: boolean;
  /** Forgets all of it, for another desktop; returns the address of the page that its kiosk has to stay on. */
  begin(): string;
  close(): void;
}

const BODY_MAX_BYTES = 64 * 1024;
const KEPT_PATHS = 1000;

/** Starts it on an address of this machine, any port. Throws TRIAL_UNREACHABLE when the address is none of this machine's. */
export async function startTrialPages(host: string): Promise<TrialPages> {
  let report: PageReport | undefined;
  let visit = 0;
  let order = { id: 0, code: '', atClick: false };
  let paths: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path !== '/report') {
      if (paths.length < KEPT_PATHS) paths.push(path);
      return answer(path, request, response);
    }
    readBody(request).then(
      (body) => {
        report = readReport(body, `?${visit}`) ?? report;
        // A page that is loaded again must not get what the one before has done.
        if (report && report.armed >= order.id) order = { ...order, code: '' };
        send(response, 'application/json', JSON.stringify(order));
      },
      () => response.destroy(),
    );
  });
  server.listen(0, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new VncctlError('TRIAL_UNREACHABLE', `no page can be served at ${host}, where the desktop would look for it`, {
      hint: 'on an engine of another machine: vncctl images test <key> --page-host <address of this machine that a desktop there can reach>',
      cause: error,
    });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${KIOSK_PATH}`;
  return {
    get report() {
      return report;
    },
    order(code, atClick) {
      order = { id: order.id + 1, code, atClick };
      return order.id;
    },
    asked: (path) => paths.filter((asked) => asked === path).length,
    get ledElsewhere() {
      return paths.includes(ELSEWHERE_PATH);
    },
    begin() {
      report = undefined;
      paths = [];
      order = { id: order.id + 1, code: '', atClick: false };
      visit++;
      return `${url}?${visit}`;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(path: string, request: IncomingMessage, response: ServerResponse): void {
  switch (path) {
    case KIOSK_PATH:
      return send(response, 'text/html; charset=utf-8', KIOSK_PAGE);
    case POPUP_PATH:
    case ELSEWHERE_PATH:
      return send(response, 'text/html; charset=utf-8', POPUP_PAGE);
    case '/document.pdf':
      return send(response, 'application/pdf', PDF);
    case '/file':
      response.setHeader('content-disposition', 'attachment; filename="file.bin"');
      return send(response, 'application/octet-stream', 'a file');
    case '/unknown.type':
      return send(response, 'application/x-vncctl-unknown', 'of no known type');
    case '/add-on.xpi':
      return send(response, 'application/x-xpinstall', 'no add-on');
    case '/password':
      if (request.headers.authorization === undefined) {
        response.statusCode = 401;
        response.setHeader('www-authenticate', 'Basic realm="trial"');
      }
      return send(response, 'text/plain', 'asked');
    default:
      response.statusCode = 404;
      return send(response, 'text/plain', 'nothing is here');
  }
}

function send(response: ServerResponse, type: string, body: string): void {
  response.setHeader('content-type', type).setHeader('cache-control', 'no-store').end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_MAX_BYTES) throw new Error('the report is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function readReport(body: string, wanted: string): PageReport | undefined {
  try {
    const { visit, armed, ran, text } = JSON.parse(body) as Record<string, unknown>;
    return visit === wanted && typeof armed === 'number' && typeof ran === 'number' && typeof text === 'string' ? { armed, ran, text } : undefined;
  } catch {
    return undefined;
  }
}

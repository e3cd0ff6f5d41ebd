// The part of the composition root that serves the API: knows which requests are its own, and loads it with the first of them, so
// that a daemon that nobody asks stays small.
import type { IncomingMessage } from 'node:http';
import type { ApiDoor } from '../api/auth.ts';
import type { ApiParts } from '../api/parts.ts';
import type { ApiServer, ExtensionMaker } from '../api/server.ts';
import type { App } from '../app.ts';
import { type Dialect, isOfDialects } from '../core/dialects.ts';
import { isLoopbackAddress } from '../core/host-header.ts';
import type { LifeEvent } from '../core/journal.ts';
import { innerPaths, namesPublicHost } from '../core/public-address.ts';
import { settingRow, UNSPOKEN } from '../core/setting-facts.ts';
import type { Figures } from './figures.ts';
import { answerJson, type DoorRoutes } from '../daemon/door.ts';
import { wordsOf } from '../daemon/words-of.ts';
import { VncctlError } from '../errors.ts';
import { type Arrival, arrivalOf } from '../gateway/arrival.ts';
import { type HostRules, isFromOutside, isOurHost, isOurOrigin, mayBeAnyPages, ownPageFor } from '../gateway/checks.ts';
import { definitionOf } from '../settings.ts';
import { rulesOnce } from './gateway.ts';

export interface ApiInput extends Pick<ApiParts, 'desktops' | 'waiting' | 'activity' | 'journal' | 'control' | 'readiness' | 'log' | 'signal' | 'onKnown'> {
  /** As it is now: settings may be read anew. */
  app: () => App;
  /** As it was when the daemon started. */
  auth: 'token' | 'none';
  dialects: readonly Dialect[];
  figures: Figures;
  /** What the dashboard adds. */
  dashboard(): Promise<ExtensionMaker>;
}

/** What is answered beside the API's own, and by whom. */
interface ApiAddition {
  claims(path: string): boolean;
  load(): Promise<ExtensionMaker>;
}

/** Dialects, the dashboard and metrics: a line each. */
const additionsOf = ({ dialects, figures, dashboard }: Pick<ApiInput, 'dialects' | 'figures' | 'dashboard'>): readonly ApiAddition[] => [
  { claims: (path) => path === '/metrics', load: async () => (await import('../api/metrics.ts')).metricsExtension(() => figures.tell()) },
  { claims: (path) => isOfDialects(path, dialects), load: async () => (await import('../api/dialects/dialects.ts')).dialectsExtension(dialects) },
  // Its page is served beside the API.
  { claims: () => false, load: dashboard },
];

export interface Api {
  /** The requests of one door that are the API's. */
  routesAt(door: ApiDoor): DoorRoutes;
  /** Throws BAD_SETTING where `auth` is `none` and others than this machine could come to that address; warns where only it can. */
  checkAddress(address: string): void;
  /** Passes on what happened to whoever follows. */
  tell(events: readonly LifeEvent[]): void;
  stop(): Promise<void>;
}

/** An API that nobody has asked yet. */
export function openApi({ app, auth, dialects, figures, dashboard, log, ...parts }: ApiInput): Api {
  const additions = additionsOf({ dialects, figures, dashboard });
  const rulesFor = rulesOnce();
  const rules = (): HostRules => rulesFor(app().settings);
  let server: Promise<ApiServer> | undefined;
  const load = (): Promise<ApiServer> =>
    (server ??= (async () => {
      const [{ createApiServer }, ...makers] = await Promise.all([import('../api/server.ts'), ...additions.map((addition) => addition.load())]);
      return createApiServer(partsOf({ app, auth, figures, log, ...parts }, rules), makers);
    })());

  return {
    routesAt: (door) => ({
      request(request, response) {
        const url = innerUrl(request, rules(), additions);
        if (url === undefined) return false;
        // As if nothing stood in front: what the API says of its own addresses is relative.
        request.url = url;
        load().then(
          (loaded) => loaded.handle(request, response, door),
          (error: unknown) => {
            server = undefined;
            log.write('error', 'could not load the API', { reason: wordsOf(error) });
            answerJson(request, response, 500, { error: { message: 'the daemon failed' } });
          },
        );
        return true;
      },
      upgrade: () => false,
    }),
    checkAddress(address) {
      if (auth !== 'none') return;
      const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
      if (!isLoopbackAddress(host)) throw new VncctlError('BAD_SETTING', `auth is none, and others than this machine could come to ${address}`, { hint: 'listen on this machine only: vncctl config set listen 127.0.0.1:8080   (or ask for tokens: vncctl config unset auth)' });
      log.write('warning', 'whoever can run a program on this machine may do everything through the API: auth is none');
    },
    tell(events) {
      void server?.then((loaded) => loaded.tell(events)).catch((error: unknown) => log.write('error', 'could not tell those who follow', { reason: wordsOf(error) }));
    },
    async stop() {
      await (await server?.catch(() => undefined))?.stop();
    },
  };
}

/** What a request asks of the API, without what stands in front of all of it at the public address, where it was sent to that; undefined where it is not the API's. */
function innerUrl(request: IncomingMessage, { publicAddress, proxies }: HostRules, additions: readonly ApiAddition[]): string | undefined {
  const [path = '', ...query] = (request.url ?? '').split('?');
  const arrival = arrivalOf(request, proxies);
  const asked = publicAddress && namesPublicHost(publicAddress, arrival.host) ? publicAddress : undefined;
  const inner = innerPaths(asked, { ...arrival, path }).find((way) => isOurs(way.path, additions));
  return inner && [inner.path, ...query].join('?');
}

function isOurs(path: string, additions: readonly ApiAddition[]): boolean {
  return path.startsWith('/api/') || path === '/api' || additions.some((addition) => addition.claims(path));
}

function partsOf({ app, auth, figures, ...parts }: Omit<ApiInput, 'dialects' | 'dashboard'>, rules: () => HostRules): ApiParts {
  const arrival = (request: IncomingMessage): Arrival => arrivalOf(request, rules().proxies);
  return {
    ...parts,
    clock: app().clock,
    version: app().version,
    metrics: figures.current,
    catalog: () => app().catalog(),
    images: () => app().images(),
    tickets: () => app().tickets(),
    tokens: () => app().tokens(),
    settings: () => ({ ...app().settings, auth }),
    settingRows: ({ secrets }) => app().reading.settings.map((setting) => {
        const hidden = !secrets && UNSPOKEN.includes(setting.name);
        return settingRow(hidden ? { ...setting, text: '', value: undefined } : setting, definitionOf(setting.name).about);
      }),
    isOurHost: (request) => isOurHost(arrival(request), request.socket.localAddress, rules()),
    isOurOrigin: (request) => isOurOrigin(request.headers, ownPageFor(arrival(request), rules())),
    mayBeAnyPages: (request) => mayBeAnyPages(request.headers),
    isFromOutside: (request) => isFromOutside(request.headers, arrival(request), rules()),
    addressOf: (request) => arrival(request).address,
  };
}

// What the API works with, on fakes.
import type { ApiParts, ApiReadiness, ApiSettings } from '../../src/api/parts.ts';
import { type Metrics, noMetrics } from '../../src/core/metrics.ts';
import type { Ticket } from '../../src/core/tickets.ts';
import type { Token, TokenStore } from '../../src/core/tokens.ts';
import { createWaiting, type Waiting } from '../../src/core/waiting.ts';
import { VncctlError } from '../../src/errors.ts';
import { arrivalOf } from '../../src/gateway/arrival.ts';
import { isFromOutside, isOurHost, isOurOrigin, mayBeAnyPages } from '../../src/gateway/checks.ts';
import { createFakeActivity, type FakeActivity } from './fake-activity.ts';
import { createFakeControl, type FakeControl } from './fake-control.ts';
import { createFakeJournal, type FakeJournal } from './fake-journal.ts';
import { createFakeLog, type FakeLog } from './fake-log.ts';
import { frontRules } from './front-rules.ts';
import { createTestDesktops, type TestDesktops, type TestDesktopsOptions } from './test-desktops.ts';

export interface FakeApi extends TestDesktops {
  control: FakeControl;
  activity: FakeActivity;
  journal: FakeJournal;
  log: FakeLog;
  settings: ApiSettings;
  readiness: ApiReadiness;
  /** Who counts. */
  metrics: Metrics;
  waiting: Waiting;
  tickets: Ticket[];
  tokens: TokenStore;
  /** The daemon stops. */
  stop(): void;
}

/** The engine has image and network, the gateway answers at http://127.0.0.1:8080, nobody looks. */
export function createFakeApi({ settings = {}, ...options }: TestDesktopsOptions & { settings?: Partial<ApiSettings> } = {}): { api: FakeApi; parts: ApiParts } {
  const fakes = createTestDesktops({ gateway: { scheme: 'http', name: '127.0.0.1', port: '8080', prefix: '' }, ...options });
  const { desktops, clock, engine, entry } = fakes;
  const control = createFakeControl();
  const activity = createFakeActivity(clock);
  const journal = createFakeJournal();
  const log = createFakeLog();
  const tickets = memory<Ticket>();
  const tokens = memory<Token>();
  const tokenStore: TokenStore = { read: async () => tokens.records, update: async (change) => tokens.update((present) => {
      const { tokens: records, result } = change(present);
      return { records, result };
    }) };
  const stopping = new AbortController();
  const api: FakeApi = {
    ...fakes,
    control,
    activity,
    journal,
    log,
    tickets: tickets.records,
    tokens: tokenStore,
    stop: () => stopping.abort(new VncctlError('TERMINATED', 'stopped; what was half-made was undone')),
    settings: { clientIds: 'cpf', image: entry.key, wait: undefined, timeout: undefined, queue: 'off', mask: false, auth: 'token', corsOrigins: [], ...settings },
    readiness: { ready: true, counts: { desktops: 0 } },
    metrics: noMetrics,
    waiting: createWaiting(),
  };
  const rules = frontRules({ names: ['desks.example'], publicUrl: 'https://desks.public.example/' });
  const parts: ApiParts = {
    desktops: async () => desktops,
    waiting: api.waiting,
    catalog: async () => desktops.catalog,
    images: async () => ({ engine, catalog: desktops.catalog, sources: { contextOf: async () => [], pack: () => process.stdin, ensureBase: async () => '' }, exclusively: async (_name, _signal, work) => work() }),
    tickets: async () => ({
      read: async () => tickets.records,
      update: async (change) => tickets.update((present) => {
        const { tickets: records, result } = change(present);
        return { records, result };
      }),
    }),
    tokens: async () => tokenStore,
    activity,
    journal,
    control,
    settings: () => api.settings,
    settingRows: ({ secrets }) => [{ name: 'hook', value: secrets ? 'a secret' : null, kind: 'user', origin: '/config.json', about: 'a command' }],
    readiness: () => api.readiness,
    isOurHost: (request) => isOurHost(arrivalOf(request, rules.proxies), request.socket.localAddress, rules),
    isOurOrigin: ({ headers }) => isOurOrigin(headers, { host: headers.host, secure: false }),
    mayBeAnyPages: (request) => mayBeAnyPages(request.headers),
    isFromOutside: (request) => isFromOutside(request.headers, arrivalOf(request, rules.proxies), rules),
    addressOf: (request) => arrivalOf(request, rules.proxies).address,
    metrics: () => api.metrics,
    log,
    clock,
    version: '0.0.0',
    signal: stopping.signal,
  };
  return { api, parts };
}

function memory<T>() {
  const records: T[] = [];
  return {
    records,
    update<R>(change: (records: readonly T[]) => { records?: readonly T[] | undefined; result: R }): R {
      const { records: next, result } = change(records);
      if (next) records.splice(0, records.length, ...next);
      return result;
    },
  };
}

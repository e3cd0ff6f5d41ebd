// What clients of the browser fleet ask, of its workers and of its control plane alike: this installation is the one worker, and a
// session is a desktop. The control plane's own page asks under /api, all others without.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Desktop, DesktopStatus } from '../../core/desktop.ts';
import type { Desktops } from '../../core/desktops.ts';
import { leaseOf } from '../../core/lease-of.ts';
import { listWithState } from '../../core/list.ts';
import { rememberNotes } from '../../core/remember.ts';
import { removeDesktops } from '../../core/remove.ts';
import { giveLink } from '../../core/share.ts';
import type { StoreState } from '../../core/store.ts';
import { touchDesktop } from '../../core/touch.ts';
import type { UpWords } from '../../core/up-request.ts';
import { VncctlError } from '../../errors.ts';
import { CREATIONS, giveDesktop } from '../desktops.ts';
import type { ApiParts } from '../parts.ts';
import { type ApiRoute, type Call, RawAnswer, route } from '../route.ts';
import type { ScreenAddress, ScreenAddresses } from './screen-addresses.ts';

const CAUSE = 'ended by a client of the browser fleet';
const WAITS = ['none', 'domcontentloaded', 'load'] as const;
const SESSION = z.strictObject({ id: z.string().min(1).max(200) });
const FLEET_SESSION = z.strictObject({ worker: z.string().min(1).max(200), id: z.string().min(1).max(200) });
const ANY = z.record(z.string(), z.unknown());
// What is not named here is read over, as it always was. `headless` and `vnc` are taken: each desktop has a screen, and the answer says so.
const CREATE = z.looseObject({
  worker: z.string().max(200).nullish(),
  client: z.string().min(1).max(200).nullish(),
  headless: z.boolean().nullish(),
  vnc: z.boolean().nullish(),
  start_url: z.string().max(1024).nullish(),
  start_url_wait: z.enum(WAITS).nullish(),
  idle_ttl_seconds: z.number().int().min(1).max(31_536_000).nullish(),
  labels: z.record(z.string().max(100), z.string().max(1000)).refine((labels) => Object.keys(labels).length <= 50, 'at most 50 labels').nullish(),
});

const STATUS: Readonly<Record<DesktopStatus, string>> = { starting: 'INIT', ready: 'READY', paused: 'READY', stopped: 'DEAD', failed: 'DEAD', lost: 'DEAD', exiting: 'TERMINATING' };

const failure: NonNullable<ApiRoute['failure']> = ({ status, body }) => ({ status, body: { detail: body.error.message } });

export function browserFleetRoutes(parts: ApiParts & { screens: ScreenAddresses }): ApiRoute[] {
  const factsOf = (desktops: Desktops, desktop: Desktop, { allocations }: StoreState, screen: ScreenAddress | undefined) => {
    const { length } = leaseOf(desktops, desktop).removeAfter;
    const notes = allocations[desktop.id]?.notes ?? {};
    const { instance } = desktops.installation;
    return {
      worker: instance,
      worker_id: instance,
      id: desktop.id,
      status: STATUS[desktop.status],
      created_at: desktop.createdAt,
      last_seen_at: desktop.lastUsedAt ?? desktop.createdAt,
      browser: desktop.image,
      headless: false,
      // A number is expected where there may be no end.
      idle_ttl_seconds: length === 'never' ? 0 : Math.round(length / 1000),
      labels: labelsIn(notes),
      ws_endpoint: null,
      vnc_enabled: screen !== undefined,
      vnc: screen ? { ...screen, password_protected: false } : {},
      start_url_wait: notes.start_url_wait ?? 'load',
    };
  };
  const allFacts = async (signal: AbortSignal, isWanted: (desktop: Desktop) => boolean) => {
    const desktops = await parts.desktops();
    const { desktops: all, state } = await listWithState(desktops, { signal });
    const found = all.filter(isWanted);
    const screens = await parts.screens.of(desktops.gateway, found.filter(({ container }) => container).map(({ id }) => id));
    return found.map((desktop) => factsOf(desktops, desktop, state, screens.get(desktop.id)));
  };
  const facts = async (id: string, signal: AbortSignal) => {
    const [found] = await allFacts(signal, (desktop) => desktop.id === id);
    if (!found) throw sessionNotFound();
    return found;
  };
  const getSession = async (desktops: Desktops, id: string, signal: AbortSignal): Promise<Desktop> => {
    const { desktops: all } = await listWithState(desktops, { signal });
    const found = all.find((desktop) => desktop.id === id);
    if (!found) throw sessionNotFound();
    return found;
  };
  const checkWorker = async (name: string | null | undefined): Promise<void> => {
    const { instance } = (await parts.desktops()).installation;
    if (name !== undefined && name !== null && name !== instance) throw new VncctlError('ROUTE_NOT_FOUND', 'Worker not found', { hint: `the only one is ${instance}` });
  };

  const create = async (call: Call<unknown, unknown, z.output<typeof CREATE>>) => {
    const { worker, client, start_url, start_url_wait: wait, idle_ttl_seconds: seconds, labels } = call.body;
    await checkWorker(worker);
    // An empty page is never painted; of others the answer comes when the image counts as ready.
    const page: UpWords = wait === 'none' ? { url: 'about:blank', wait: 'rfb' } : start_url ? { url: start_url } : {};
    const words: UpWords = { ...page, ...(seconds ? { removeAfter: `${seconds}s` } : {}) };
    const { result } = await giveDesktop(parts, call, client ?? nobody(parts), words);
    if (labels || wait) await rememberNotes(await parts.desktops(), result.desktop.id, { ...notesOf(labels ?? {}), ...(wait ? { start_url_wait: wait } : {}) });
    return facts(result.desktop.id, call.signal);
  };
  const touch = async (id: string, signal: AbortSignal) => {
    const desktops = await parts.desktops();
    const { client } = await getSession(desktops, id, signal);
    if (client === undefined) throw sessionNotFound();
    await touchDesktop(desktops, client);
    return facts(id, signal);
  };
  const end = async (id: string, signal: AbortSignal) => {
    const desktops = await parts.desktops();
    const removals = await removeDesktops(desktops, [await getSession(desktops, id, signal)], { signal, cause: CAUSE });
    for (const { error } of removals) if (error !== undefined) throw error;
    return { id, status: 'DEAD' };
  };

  const said = { tag: 'Dialects', hidden: true, failure } as const;
  const one = { schema: ANY, about: 'the session' } as const;
  const under = (prefix: string): ApiRoute[] => [
    route({
      ...said,
      method: 'GET',
      path: `${prefix}/workers`,
      access: 'read',
      summary: 'the workers',
      answer: { schema: z.array(ANY), about: 'this one' },
      async handle() {
        const { installation, gateway } = await parts.desktops();
        const state = parts.readiness();
        return [{ name: installation.instance, healthy: state.ready, detail: state.ready ? { status: 'ok', version: parts.version } : { error: state.reason }, supports_vnc: gateway !== undefined }];
      },
    }),
    route({ ...said, method: 'GET', path: `${prefix}/sessions`, access: 'operate', summary: 'the sessions', answer: { schema: z.array(ANY), about: 'all of them' }, handle: ({ signal }) => allFacts(signal, () => true) }),
    route({ ...said, method: 'POST', path: `${prefix}/sessions`, access: 'operate', summary: 'makes one', changes: true, body: CREATE, gate: CREATIONS, long: 'create', answer: { ...one, status: 201 }, handle: create }),
    route({ ...said, method: 'GET', path: `${prefix}/sessions/{id}`, access: 'operate', summary: 'one session', params: SESSION, answer: one, handle: ({ params, signal }) => facts(params.id, signal) }),
    route({ ...said, method: 'POST', path: `${prefix}/sessions/{id}/touch`, access: 'operate', summary: 'keeps it', changes: true, params: SESSION, answer: one, handle: ({ params, signal }) => touch(params.id, signal) }),
    route({ ...said, method: 'DELETE', path: `${prefix}/sessions/{id}`, access: 'operate', summary: 'ends it', changes: true, params: SESSION, answer: one, handle: ({ params, signal }) => end(params.id, signal) }),
    ...(
      [
        ['GET', '', 'one session', facts],
        ['POST', '/touch', 'keeps it', touch],
        ['DELETE', '', 'ends it', end],
      ] as const
    ).map(([method, rest, summary, act]) =>
      route({
        ...said,
        method,
        path: `${prefix}/sessions/{worker}/{id}${rest}`,
        access: 'operate',
        summary,
        changes: method !== 'GET',
        params: FLEET_SESSION,
        answer: one,
        async handle({ params: { worker, id }, signal }): Promise<Record<string, unknown>> {
          await checkWorker(worker);
          return act(id, signal);
        },
      }),
    ),
  ];

  return [
    ...under(''),
    ...under('/api'),
    route({
      ...said,
      method: 'GET',
      path: '/vnc/{id}',
      access: 'operate',
      summary: 'leads to the page of its screen',
      // Pages of the fleet at other ports lead here too. Nobody guesses an id.
      stream: true,
      params: SESSION,
      answer: { type: 'text/plain', about: 'it is there' },
      async handle({ params: { id }, signal }) {
        const desktops = await parts.desktops();
        const desktop = await getSession(desktops, id, signal);
        if (desktops.gateway === undefined || !desktop.container) throw sessionNotFound();
        return new RawAnswer({ status: 302, headers: { location: await giveLink(await parts.tickets(), desktops.gateway, desktop.id, parts.clock.now()), 'cache-control': 'no-store' } });
      },
    }),
  ];
}

function sessionNotFound(): VncctlError {
  return new VncctlError('DESKTOP_NOT_FOUND', 'Session not found');
}

/** A client for a session that is nobody's. USAGE where only people have desktops. */
function nobody({ settings }: ApiParts): string {
  if (settings().clientIds === 'any') return `session-${randomBytes(5).toString('hex')}`;
  throw new VncctlError('USAGE', 'client: whose session is it? A CPF is expected here, since the setting clientIds takes no other ids', { hint: 'vncctl config set clientIds any' });
}

const LABEL = 'label.';

function labelsIn(notes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(notes).flatMap(([name, text]) => (name.startsWith(LABEL) ? [[name.slice(LABEL.length), text]] : [])));
}

function notesOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, text]) => [`${LABEL}${name}`, text]));
}

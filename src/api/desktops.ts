// The desktops: listing, making, looking at one, removing.
import { z } from 'zod';
import { errorAnswer } from '../core/error-json.ts';
import { desktopRow, maskRow } from '../core/desktop-row.ts';
import { ensureImage } from '../core/images.ts';
import { inspectDesktop } from '../core/inspect.ts';
import { type Link, makeLink } from '../core/link.ts';
import { findNamed, listDesktops, listWithState } from '../core/list.ts';
import { type Removal, removeDesktops, removeUnusedNetworks } from '../core/remove.ts';
import type { UpOptions } from '../core/up-run.ts';
import { up, type UpResult } from '../core/up.ts';
import { upFacts } from '../core/up-facts.ts';
import { readUpRequest, type UpWords } from '../core/up-request.ts';
import { explainDesktop, explainNow, explanationFacts } from '../core/why.ts';
import { VncctlError } from '../errors.ts';
import { getNamed, readClient, spelled } from './named.ts';
import { pageOf } from './page.ts';
import type { ApiParts } from './parts.ts';
import { type ApiRoute, type Call, route } from './route.ts';
import { ANSWERS, BODIES, DESKTOP_PARAM, PAGE } from './schemas.ts';

const tag = 'Desktops';
const CAUSE = 'removed through the API';
/** Two cores paint about one desktop a second: more at once only make each of them late. */
export const CREATIONS = { running: 8, waiting: 200 };

const LIST = z.strictObject({ ...PAGE, status: ANSWERS.Desktop.shape.status.optional(), image: z.string().max(200).optional(), client: z.string().max(200).optional().describe('in any spelling') });
const REMOVE_ALL = z.strictObject({ confirm: z.string().max(20).optional().describe('the word all') });

export function desktopRoutes(parts: ApiParts): ApiRoute[] {
  const removalRow = ({ desktop, error }: Removal) => ({ id: desktop.id, client: spelled(parts, desktop.client) ?? null, removed: error === undefined, ...(error === undefined ? {} : { error: errorAnswer(error).body.error }) });
  return [
    route({
      method: 'GET',
      path: '/api/v1/desktops',
      access: 'read',
      tag,
      summary: 'list the desktops, oldest first',
      query: LIST,
      answer: { schema: ANSWERS.DesktopList, about: 'a page of them' },
      async handle({ query, signal }) {
        const desktops = await parts.desktops();
        const client = query.client === undefined ? undefined : readClient(parts, query.client).id;
        const { desktops: all, state } = await listWithState(desktops, { signal });
        const found = all.filter((desktop) => (query.status === undefined || desktop.status === query.status) && (query.image === undefined || desktop.image === query.image) && (client === undefined || desktop.client === client));
        const { page, next } = pageOf(found, ({ createdAt, id }) => `${createdAt} ${id}`, query);
        const rows = page.map((desktop) => desktopRow(desktops, desktop, state, false));
        return { desktops: parts.settings().mask ? rows.map(maskRow) : rows, next };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/desktops',
      access: 'operate',
      tag,
      summary: "create a client's desktop, or find the one they have",
      about: 'Safe to send twice. Answers once the desktop can be seen, or at once with `Prefer: respond-async`.',
      body: BODIES.CreateDesktop,
      answer: { schema: ANSWERS.CreatedDesktop, about: 'the desktop, and the link to it' },
      long: 'create',
      idempotent: true,
      gate: CREATIONS,
      handle: (call) => create(parts, call),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/desktops',
      access: 'admin',
      tag,
      summary: 'remove all desktops',
      query: REMOVE_ALL,
      answer: { schema: ANSWERS.Removals, about: 'what became of each' },
      long: 'remove-all',
      async handle({ query, signal }) {
        if (query.confirm !== 'all') throw new VncctlError('NEEDS_CONFIRMATION', 'all desktops would be removed: this needs a yes', { hint: 'add ?confirm=all' });
        const desktops = await parts.desktops();
        const removals = await removeDesktops(desktops, await listDesktops(desktops, { signal }), { signal, cause: CAUSE });
        if (removals.every(({ error }) => error === undefined)) await removeUnusedNetworks(desktops);
        return { removed: removals.map(removalRow) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/desktops/{desktop}',
      access: 'read',
      tag,
      summary: 'everything about one desktop',
      params: DESKTOP_PARAM,
      answer: { schema: ANSWERS.DesktopFacts, about: 'the desktop' },
      async handle({ params, signal }) {
        const desktops = await parts.desktops();
        const { facts } = await inspectDesktop(desktops, await getNamed(parts, desktops, params.desktop, { signal }), undefined, { signal });
        const client = spelled(parts, facts.client ?? undefined) ?? null;
        const { container } = facts;
        return { ...facts, client, settings: { ...facts.settings }, container: container && { ...container, name: facts.client === null || client === null ? container.name : container.name.replaceAll(facts.client, client) } };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/desktops/{desktop}',
      access: 'operate',
      tag,
      summary: 'remove a desktop',
      params: DESKTOP_PARAM,
      answer: { schema: ANSWERS.Removals, about: 'it is gone' },
      long: 'remove',
      async handle({ params, signal }) {
        const desktops = await parts.desktops();
        const removals = await removeDesktops(desktops, [await getNamed(parts, desktops, params.desktop, { signal })], { signal, cause: CAUSE });
        for (const { error } of removals) if (error !== undefined) throw error;
        return { removed: removals.map(removalRow) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/desktops/{desktop}/why',
      access: 'read',
      tag,
      summary: 'every clock of its lease, and what comes next',
      params: DESKTOP_PARAM,
      answer: { schema: ANSWERS.Explanation, about: 'the clocks; of one that is gone, the failure tells why it went' },
      async handle({ params, signal }) {
        const desktops = await parts.desktops();
        const { activity, journal } = parts;
        const found = findNamed(await listDesktops(desktops, { signal }), params.desktop, desktops, (text) => readClient(parts, text).id);
        const explanation = found.desktop ? await explainDesktop({ desktops, activity }, found.desktop, signal) : await explainNow({ desktops, activity, journal, ago: (at) => `at ${at}` }, found.client, signal);
        const facts = explanationFacts(explanation);
        return { ...facts, client: spelled(parts, facts.client ?? undefined) ?? null };
      },
    }),
  ];
}

/** How the image of a new desktop is made present, and who is told of the way. */
export function upOptions(parts: ApiParts, { signal, progress }: Pick<Call, 'signal' | 'progress'>): UpOptions {
  return {
    signal,
    getImage: async (entry, onProgress, stop) => {
      await ensureImage(await parts.images(), entry, { signal: stop, onProgress });
    },
    onPhase(phase) {
      parts.metrics().phase(phase.name, phase.ms);
      progress(phase);
    },
    onProgress: (line) => progress({ line }),
  };
}

/** What came of asking for a client's desktop. */
export interface Given {
  result: UpResult;
  /** Undefined where no door leads to it. */
  link: Link | undefined;
  /** About the spelling of the client id. */
  warning: string | undefined;
}

/** Gives the client of a spelling their desktop, found or made. `called`: how the request names a field. */
export async function giveDesktop(parts: ApiParts, call: Pick<Call, 'signal' | 'progress'>, word: string, words: UpWords, called: (field: keyof UpWords) => string = (field) => field): Promise<Given> {
  const { id: client, warning } = readClient(parts, word);
  const { image, wait, timeout, queue } = parts.settings();
  const request = readUpRequest(client, words, { catalog: await parts.catalog(), defaults: { image, wait, timeout, queue }, called, hint: 'see what is taken: /api/docs' });
  const desktops = await parts.desktops();
  const result = await parts.waiting.during(() => up(desktops, request, upOptions(parts, call))).catch((error: unknown) => {
    parts.metrics().broughtUp('failed');
    throw error;
  });
  parts.metrics().broughtUp(result.outcome);
  const link = await makeLink({ desktops, tickets: () => parts.tickets() }, result.desktop, { direct: result.link, askedDirect: words.direct === true });
  return { result, link, warning };
}

async function create(parts: ApiParts, call: Call<unknown, unknown, z.output<typeof BODIES.CreateDesktop>>) {
  const { client, lease = {}, cpus, ...words } = call.body;
  const { result, link, warning } = await giveDesktop(parts, call, client, { ...words, ...lease, cpus: cpus === undefined ? undefined : String(cpus) }, (field) => (field in lease ? `lease.${field}` : field));
  const facts = upFacts({ ...result, notes: [...(warning === undefined ? [] : [warning]), ...result.notes] }, link);
  return { ...facts, phases: [...facts.phases], notes: [...facts.notes] };
}

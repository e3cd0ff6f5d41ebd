// The forms of what the API takes and answers, once: for checking, for types and for the document.
import { z } from 'zod';
import { READY_STAGES } from '../core/catalog.ts';
import { LIFE_EVENTS } from '../core/journal.ts';
import { SCOPES } from '../core/tokens.ts';

const time = z.string().describe('RFC 3339, UTC');
const nullableTime = time.nullable();
const client = z.string().nullable().describe('the client id; null where nobody knows it');
const status = z.enum(['starting', 'ready', 'paused', 'stopped', 'exiting', 'failed', 'lost']);
const lease = z.record(z.enum(['idle', 'removeAfter', 'inputIdle', 'ttl', 'maxAge']), z.strictObject({ length: z.string(), from: z.string() }));
const phase = z.strictObject({ name: z.string(), ms: z.number() });
const counts = z.record(z.string(), z.number());
const door = z.enum(['gateway', 'direct']);
const mode = z.enum(['full', 'view-only']);
const next = z.string().nullable().describe('what to give as `cursor` for the page after this one; null: this is the last');
const word = z.string().min(1).max(200);
const length = z.string().max(30).describe('a length of time like 15m or 8h, or never');

const row = {
  id: z.string(),
  client,
  status,
  image: z.string(),
  url: z.string().nullable().describe('the address of its page; opens nothing by itself'),
  createdAt: time,
  lastUsedAt: nullableTime,
  expiresAt: nullableTime.describe('when it will be removed if nothing moves a clock'),
  why: z.string(),
  hostPort: z.number().int().nullable(),
};

const Desktop = z.strictObject({ ...row, container: z.string().nullable() });

const DesktopFacts = z.strictObject({
  ...row,
  container: z.strictObject({ id: z.string(), name: z.string(), image: z.string(), address: z.string().nullable(), state: z.string(), health: z.string() }).nullable(),
  specHash: z.string().nullable(),
  settings: z.record(z.string(), z.string()),
  limits: z.strictObject({ cpus: z.number(), memoryBytes: z.number() }).nullable(),
  startedAt: nullableTime,
  finishedAt: nullableTime,
  exitCode: z.number().int().nullable(),
  lease,
});

const CreatedDesktop = z.strictObject({
  outcome: z.string().describe('what was done: created, claimed, reused, woken, started, replaced'),
  why: z.string().describe('why that was done'),
  id: z.string(),
  client,
  url: z.string().nullable().describe('the link to the screen, a secret: it opens once, within 15 minutes'),
  door: door.nullable(),
  status,
  image: z.string(),
  container: z.string().nullable(),
  hostPort: z.number().int().nullable(),
  createdAt: time,
  lease,
  totalMs: z.number(),
  phases: z.array(phase),
  notes: z.array(z.string()),
});

const Viewer = z.strictObject({ id: z.string(), desktop: z.string(), client, mode, address: z.string(), since: time, lastInputAt: nullableTime, ticket: z.string() });
const share = { id: z.string(), desktop: z.string(), client, mode, createdAt: time, expiresAt: time, usesLeft: z.number().int().nullable() };
const Share = z.strictObject(share);
const LifeEvent = z.strictObject({ at: time, event: z.enum(LIFE_EVENTS), desktop: z.string(), client, cause: z.string(), image: z.string().nullable(), removeAt: nullableTime, clientHash: z.string().nullable() });
const Image = z.strictObject({
  key: z.string(),
  title: z.string(),
  description: z.string(),
  source: z.enum(['template', 'pull']),
  reference: z.string(),
  state: z.enum(['missing', 'current', 'outdated']),
  sizeBytes: z.number().nullable(),
  createdAt: nullableTime,
  origin: z.string(),
});
const Failure = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().nullable() });
const Setting = z.strictObject({ name: z.string(), value: z.unknown(), kind: z.string(), origin: z.string(), about: z.string(), fault: z.string().optional() });

/** What is answered, by name. */
export const ANSWERS = {
  Error: z.strictObject({ error: Failure }),
  Desktop,
  DesktopList: z.strictObject({ desktops: z.array(Desktop), next }),
  DesktopFacts,
  CreatedDesktop,
  Link: z.strictObject({ id: z.string(), client, url: z.string(), door }),
  Touched: z.strictObject({ id: z.string(), client, lastUsedAt: nullableTime, touchedAt: time, keptUntil: nullableTime }),
  Explanation: z.strictObject({
    client,
    id: z.string(),
    status,
    viewers: z.number().int().nullable(),
    viewersUnknown: z.string().nullable(),
    watched: z.boolean(),
    lastLookAt: nullableTime,
    keptUntil: nullableTime,
    clocks: z.array(
      z.strictObject({
        clock: z.string(),
        action: z.string(),
        lengthMs: z.number().nullable(),
        from: z.string(),
        state: z.string(),
        reason: z.string().nullable(),
        since: nullableTime,
        movedBy: z.string().nullable(),
        dueAt: nullableTime,
      }),
    ),
    next: z.strictObject({ do: z.string(), at: time, clock: z.string(), cause: z.string(), removeAt: time.optional(), renews: z.literal(true).optional() }).nullable(),
    removal: z.strictObject({ at: time, clock: z.string(), cause: z.string() }).nullable(),
  }),
  Removals: z.strictObject({ removed: z.array(z.strictObject({ id: z.string(), client, removed: z.boolean(), error: Failure.optional() })) }),
  Viewer,
  ViewerList: z.strictObject({ viewers: z.array(Viewer), next }),
  Share,
  NewShare: z.strictObject({ ...share, url: z.string().describe('the link, a secret: it is shown this once') }),
  RevokedShare: z.strictObject({ id: z.string(), desktop: z.string(), revokedAt: nullableTime }),
  ShareList: z.strictObject({ shares: z.array(Share), next }),
  ImageList: z.strictObject({ images: z.array(Image) }),
  LifeEvent,
  EventList: z.strictObject({ events: z.array(LifeEvent), next }),
  Operation: z.strictObject({
    id: z.string(),
    kind: z.string(),
    status: z.enum(['running', 'done', 'failed']),
    startedAt: time,
    endedAt: nullableTime,
    phases: z.array(phase),
    result: z.unknown().describe('what the request would have answered by itself; null until it is done'),
    error: Failure.nullable(),
  }),
  SettingList: z.strictObject({ settings: z.array(Setting) }),
  Me: z.strictObject({ scope: z.enum(SCOPES) }),
  Usage: z.strictObject({
    at: time,
    desktops: z.array(
      z.strictObject({
        id: z.string(),
        viewers: z.number().int().nullable().describe('null: nobody can tell'),
        lastInputAt: nullableTime.describe('the last key, pointer or clipboard message; null: none, or nobody can tell'),
        cpus: z.number().nullable().describe('of one processor, since the reading before; null: not known yet'),
        memoryBytes: z.number().nullable(),
        memoryLimitBytes: z.number().nullable(),
      }),
    ),
  }),
  Health: z.strictObject({ healthy: z.literal(true), ready: z.boolean(), reason: z.string().nullable(), counts, version: z.string() }),
  Stats: z.strictObject({
    at: time,
    desktops: z.strictObject({ total: z.number().int(), byStatus: counts, byImage: counts }),
    viewers: z.number().int(),
    host: z.strictObject({ cpus: z.number().int(), load: z.array(z.number()).length(3), memoryBytes: z.number(), freeMemoryBytes: z.number() }),
    daemon: z.strictObject({ version: z.string(), pid: z.number().int(), upSeconds: z.number(), memoryBytes: z.number() }),
  }),
} as const;

/** What is taken in bodies, by name. */
export const BODIES = {
  CreateDesktop: z.strictObject({
    client: word.describe('a CPF in any usual spelling, or another id where the installation takes them'),
    image: word.optional(),
    url: z.string().max(8192).optional(),
    size: z.string().max(20).optional().describe('like 1280x720'),
    env: z.record(z.string().max(100), z.string().max(8192)).optional(),
    cpus: z.number().positive().optional(),
    memory: z.string().max(30).optional().describe('like 512m or 1g'),
    wait: z.enum(READY_STAGES).optional(),
    timeout: length.optional(),
    queue: z.string().max(30).optional().describe('how long it may wait where there is no memory or no port for a new one, like 30s; off for not at all'),
    recreate: z.boolean().optional(),
    direct: z.boolean().optional().describe('give it a port of its own, and answer with the link that goes there'),
    lease: z.strictObject({ idle: length, removeAfter: length, inputIdle: length, ttl: length, maxAge: length }).partial().optional(),
  }),
  TouchDesktop: z.strictObject({ for: z.string().max(30).optional().describe('like 2h'), until: z.string().max(40).optional().describe('the next 18:00, or RFC 3339') }),
  OpenDesktop: z.strictObject({ direct: z.boolean().optional() }),
  CreateShare: z.strictObject({
    desktop: word.describe('a client id, or the id of a desktop'),
    mode: mode.optional(),
    for: z.string().max(30).optional().describe('how long it lasts, like 15m or 2h; 15m when absent'),
    uses: z.number().int().min(1).max(1_000_000).optional(),
  }),
} as const;

/** How far a list is read at once. */
export const PAGE = { limit: z.coerce.number().int().min(1).max(1000).default(100), cursor: z.string().min(1).max(400).optional() };

/** A desktop in an address: the id of it, or its client's. */
export const DESKTOP_PARAM = z.strictObject({ desktop: word.describe('a client id, or the id of a desktop') });

/** An id in an address. */
export const ID_PARAM = z.strictObject({ id: word });

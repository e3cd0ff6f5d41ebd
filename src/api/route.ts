// One route of the API: what it takes, what it allows whom, what it answers, and the one call behind it. The same description makes
// the route (register.ts), the check of what comes in, and the document (openapi.ts).
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ErrorBody } from '../core/error-json.ts';
import type { Scope } from '../core/tokens.ts';
import type { Phase } from '../core/up-run.ts';

/** Who asks. */
export interface Principal {
  /** Stands for it where requests are counted and operations looked up; no secret. */
  id: string;
  scope: Scope;
  /** Whether it may still; asked again by what lasts long. */
  isLive(): Promise<boolean>;
}

/** One request, read and let in. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  params: P;
  query: Q;
  body: B;
  /** On an open route nobody may have asked. */
  principal: Principal | undefined;
  headers: IncomingHttpHeaders;
  raw: IncomingMessage;
  /** Ends what is done for it: the daemon stops. */
  signal: AbortSignal;
  /** Tells whoever follows how far long work is. */
  progress(phase: Phase | { line: string }): void;
}

/** An answer that is no JSON, or not with the status of the route. */
export class RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable;

  constructor({ status = 200, headers = {}, body = '' }: { status?: number; headers?: Readonly<Record<string, string>>; body?: string | Buffer | Readable }) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** What the document says of a route. */
interface RouteWords {
  tag: string;
  summary: string;
  about?: string;
}

/** A route with its types. */
export interface RouteOf<P, Q, B, A> extends RouteWords {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Parameters in braces: `/api/v1/desktops/{desktop}`. */
  path: string;
  /** What it takes to use it; `open` for everybody. */
  access: Scope | 'open';
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  body?: z.ZodType<B>;
  answer: { status?: number; schema: z.ZodType<A>; about: string } | { type: string; about: string };
  /** Long work, by name: `Prefer: respond-async` is heeded, progress is told. */
  long?: string;
  /** `Idempotency-Key` is heeded. */
  idempotent?: boolean;
  /** Of long work: how many are done at once, and may wait; absent: as many as come. */
  gate?: { running: number; waiting: number };
  /** Answers without end: not for HEAD. */
  stream?: boolean;
  /** It changes something, so pages of other sites may not have it asked for; a GET of the kind isn't for HEAD either. Where nothing but a token can let somebody in, this says nothing new. */
  changes?: boolean;
  /** Absent: in the document. */
  hidden?: boolean;
  /** What failures are told as; absent: as the API's own. */
  failure?: (answer: { status: number; body: ErrorBody }) => { status: number; body: unknown };
  handle(call: Call<P, Q, B>): Promise<A | RawAnswer>;
}

/** A route as lists of them hold it. */
export type ApiRoute = RouteOf<unknown, unknown, unknown, unknown>;

/** A route; its types follow from its schemas. */
export function route<P = Record<never, never>, Q = Record<never, never>, B = undefined, A = unknown>(description: RouteOf<P, Q, B, A>): ApiRoute {
  return description as unknown as ApiRoute;
}

/** What others add to the API: dialects, the dashboard, metrics. */
export interface ApiExtension {
  routes: readonly ApiRoute[];
  /** Who asks, where no token tells it (the dashboard's cookie); undefined for nobody it knows. Asked only where host and, for what changes something, origin are ours. */
  authenticate?(request: IncomingMessage): Promise<Principal | undefined>;
}

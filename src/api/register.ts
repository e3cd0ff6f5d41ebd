// From a description of a route to what Fastify answers: reads and checks what comes in, lets long work be waited for or followed,
// and gives every answer its headers.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { errorAnswer } from '../core/error-json.ts';
import { VncctlError } from '../errors.ts';
import { createGate } from './gate.ts';
import { type IdempotencyKeys, type KeptAnswer, KEY_FORM } from './idempotency.ts';
import type { Operations } from './operations.ts';
import { type ApiRoute, type Call, type Principal, RawAnswer } from './route.ts';

export interface RegisterParts {
  operations: Operations;
  keys: IdempotencyKeys;
  signal: AbortSignal;
  principalOf(request: FastifyRequest): Principal | undefined;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: ApiRoute;
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Adds one route. */
export function register(app: FastifyInstance, description: ApiRoute, parts: RegisterParts): void {
  const { method, path, params, query, body, gate: bounds, long, stream, changes } = description;
  const gate = bounds && createGate(bounds);
  const { signal, operations, keys } = parts;

  const perform = async (call: Call, prefersAsync: boolean): Promise<KeptAnswer | RawAnswer> => {
    if (long === undefined) return answerOf(description, await description.handle(call));
    const turn = gate?.enter();
    const { id, done } = operations.begin(long, call.principal, async (progress) => {
      const leave = await turn;
      try {
        return await description.handle({ ...call, progress });
      } finally {
        leave?.();
      }
    });
    if (!prefersAsync) return answerOf(description, await done);
    // Whoever asks about it is told.
    done.catch(() => {});
    return { status: 202, headers: { location: `${rootFrom(path)}api/v1/operations/${id}`, 'preference-applied': 'respond-async' }, body: operations.get(id, call.principal) };
  };

  app.route({
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: stream !== true && changes !== true,
    config: { route: description },
    async handler(request, reply) {
      const call: Call = {
        params: read(params, request.params, 'the address'),
        query: read(query, request.query, 'the query'),
        body: read(body, request.body ?? undefined, 'the body'),
        principal: parts.principalOf(request),
        headers: request.headers,
        raw: request.raw,
        signal,
        progress: () => {},
      };
      const prefersAsync = long !== undefined && /(^|[,;\s])respond-async($|[,;\s])/i.test(String(request.headers.prefer ?? ''));
      const key = description.idempotent ? request.headers['idempotency-key'] : undefined;
      if (key === undefined) return send(request, reply, await perform(call, prefersAsync));
      if (typeof key !== 'string' || !KEY_FORM.test(key)) throw new VncctlError('USAGE', 'Idempotency-Key: 1 to 255 visible characters are expected', { hint: 'like a UUID' });
      const { answer, replayed } = await keys.once(call.principal?.id ?? '', key, [method, path, call.params, call.query, call.body], async () => {
        const given = await perform(call, prefersAsync);
        if (given instanceof RawAnswer) throw new Error(`${path} is idempotent and answers no JSON`);
        return given;
      });
      if (replayed) reply.header('idempotency-replayed', 'true');
      return send(request, reply, answer);
    },
  });
}

/** Answers a failure as the route tells it. */
export function sendFailure(reply: FastifyReply, error: unknown, failure: ApiRoute['failure']): FastifyReply {
  const told = errorAnswer(error);
  const { status, body } = failure?.(told) ?? told;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.status(status).header('cache-control', 'no-store').type(JSON_TYPE).send(`${JSON.stringify(body)}\n`);
}

// Relative: whoever asked may see all of it below a prefix.
function rootFrom(path: string): string {
  return '../'.repeat(path.split('/').length - 2);
}

function answerOf({ answer }: ApiRoute, given: unknown): KeptAnswer | RawAnswer {
  if (given instanceof RawAnswer) return given;
  return { status: 'schema' in answer ? (answer.status ?? 200) : 200, headers: {}, body: given };
}

function send(request: FastifyRequest, reply: FastifyReply, answer: KeptAnswer | RawAnswer): FastifyReply {
  reply.status(answer.status).headers(answer.headers);
  if (answer instanceof RawAnswer) return reply.send(answer.body);
  const text = `${JSON.stringify(answer.body)}\n`;
  reply.type(JSON_TYPE);
  if ((request.method !== 'GET' && request.method !== 'HEAD') || answer.status !== 200) return reply.header('cache-control', 'no-store').send(text);
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
  // May be kept by whoever asked, and has to be asked about each time.
  reply.headers({ etag: tag, 'cache-control': 'private, no-cache' });
  return isKnown(request.headers['if-none-match'], tag) ? reply.status(304).send() : reply.send(text);
}

/** Whether one of the tags that a reader has is this one (RFC 9110, 13.1.2: the weak comparison). */
function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

function read(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const place = first && first.path.length > 0 ? `${first.path.join('.')}: ` : `${where}: `;
  throw new VncctlError('USAGE', `${place}${first?.message ?? 'it is not understood'}`, { hint: 'see what is taken: /api/docs' });
}

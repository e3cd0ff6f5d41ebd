// Every route fed garbage, from its own forms and beside them: it is refused in good order or done, never a fault; and what was
// refused has made nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ApiRoute } from '../../../src/api/route.ts';
import { comesTrue } from '../../support/eventually.ts';
import { createTestApi, locationOf, type TestApi } from '../../support/test-api.ts';

const RUNS = 60;

const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 2 }));
const word = fc.oneof(fc.string({ minLength: 1, maxLength: 30 }), fc.constantFrom('11144477735', '111.444.777-35', 'nobody', '..', '%00', "' or 1=1", '2h', 'never', '1280x720', '1e9', '-1', '🖥', '__proto__', 'constructor', 'kiosk', 'all', 'true'));

type Form = { type?: string | string[]; properties?: Record<string, Form>; items?: Form; enum?: unknown[]; anyOf?: Form[]; additionalProperties?: Form | boolean };

/** Values that fit a form, more or less. */
function fitting(form: Form): fc.Arbitrary<unknown> {
  if (form.enum) return fc.oneof(fc.constantFrom(...form.enum), anything);
  if (form.anyOf) return fc.oneof(...form.anyOf.map(fitting));
  switch (form.type) {
    case 'string':
      return fc.oneof(word, word, anything);
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: -2, max: 2000 }), fc.double(), anything);
    case 'boolean':
      return fc.oneof(fc.boolean(), fc.boolean(), anything);
    case 'array':
      return fc.oneof(fc.array(fitting(form.items ?? {}), { maxLength: 3 }), anything);
    case 'object':
      if (!form.properties) return fc.oneof(fc.dictionary(word, fitting(typeof form.additionalProperties === 'object' ? form.additionalProperties : {}), { maxKeys: 3 }), anything);
      return fc.oneof({ arbitrary: fc.record(Object.fromEntries(Object.entries(form.properties).map(([name, part]) => [name, fitting(part)])), { requiredKeys: [] }), weight: 5 }, { arbitrary: anything, weight: 1 });
    default:
      return anything;
  }
}

const formOf = (schema: z.ZodType | undefined): Form => (schema ? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Form) : {});

interface Garbage {
  path: string;
  body: unknown;
  headers: Record<string, string>;
}

function garbageFor(route: ApiRoute): fc.Arbitrary<Garbage> {
  const query = formOf(route.query).properties ?? {};
  const text = fc.oneof(word, fc.string({ unit: 'binary', maxLength: 20 }), fc.integer().map(String));
  return fc.record({
    path: fc.tuple(fc.array(text, { minLength: 3, maxLength: 3 }), fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(query), 'beside'), word), text, { maxKeys: 4 })).map(([names, asked]) => {
      let place = 0;
      const path = route.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent((names[place++ % 3] ?? 'x')).replaceAll("'", '%27') || 'x');
      const pairs = Object.entries(asked).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
    }),
    body: route.method === 'GET' || route.method === 'DELETE' ? fc.constant(undefined) : fc.oneof(fitting(formOf(route.body)), fc.constant(undefined), fc.string().map((raw) => raw)),
    headers: fc.record({ prefer: fc.constantFrom('respond-async', 'wait=1', ',,'), 'idempotency-key': fc.constantFrom('a', 'x y', 'k'.repeat(300)), 'if-none-match': fc.constantFrom('*', '"x"', ','), 'last-event-id': fc.constantFrom('1', '99999999999999999-x', 'p') }, { requiredKeys: [] }),
  });
}

/** The names of all that there is. */
async function existing({ engine, store, tickets, tokens }: TestApi): Promise<string[]> {
  const { allocations, reservations } = await store.read();
  return [...[...(await engine.containers.list({ labels: {} })), ...tickets, ...(await tokens.read())].map(({ id }) => id), ...Object.keys(allocations), ...reservations.map(({ port }) => String(port))];
}

async function feed(api: TestApi, route: ApiRoute): Promise<number[]> {
  const statuses: number[] = [];
  await fc.assert(
    fc.asyncProperty(garbageFor(route), async ({ path, body, headers }) => {
      const before = await existing(api);
      const answer = await api.ask(route.method, path, { door: 'socket', body, headers });
      statuses.push(answer.status);
      expect(answer.status, answer.body).toBeLessThan(500);
      const operation = answer.headers.location === undefined ? undefined : locationOf(answer, path);
      // So that nothing is under way when the next one is looked at.
      if (operation !== undefined) await comesTrue('it has ended', async () => (await api.ask('GET', operation, { door: 'socket' })).json()['status'] !== 'running');
      expect(answer.body).not.toMatch(/\bat .*\.(ts|js):\d+/);
      if (answer.status < 400) return;
      expect(answer.json()).toEqual({ error: { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String), hint: expect.toSatisfy((hint) => hint === null || typeof hint === 'string') } });
      expect(await existing(api)).toEqual(before);
    }),
    { numRuns: RUNS },
  );
  return statuses;
}

test('every route takes garbage without a fault, and makes nothing of what it refuses', { timeout: 60_000 }, async () => {
  const { server } = await createTestApi();
  const seen = new Set<number>();
  for (const [index, { method, path }] of server.routes.entries()) {
    const api = await createTestApi();
    await api.up();
    const route = api.server.routes[index];
    if (!route) return expect.unreachable();
    for (const status of await feed(api, route)) seen.add(status);
    expect(api.log.lines.filter(({ level }) => level === 'error'), `${method} ${path}`).toEqual([]);
  }
  // Some of it got through: the forms are the routes' own.
  for (const status of [200, 202, 400, 404]) expect(seen).toContain(status);
});

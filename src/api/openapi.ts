// The document of the API, OpenAPI 3.1, made of the routes themselves.
import { z } from 'zod';
import type { ApiRoute } from './route.ts';
import { ANSWERS, BODIES } from './schemas.ts';

type Json = Record<string, unknown>;

const SCHEMA_PLACE = '#/components/schemas/';

/** The document; hidden routes are left out. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  const documented = routes.filter(({ hidden }) => !hidden);
  for (const route of documented) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'vncctl',
      version,
      description: 'One desktop for each person, handed out over HTTP. Each call does what the verb of the same name does; failures are the same JSON as those of the command line.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Of where the document itself is.
    servers: [{ url: '..' }],
    tags: [...new Set(documented.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Made by `vncctl token create`; not needed on the Unix socket.' } },
      schemas: { ...schemasOf(ANSWERS, 'output'), ...schemasOf(BODIES, 'input') },
    },
  };
}

function schemasOf(named: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `${SCHEMA_PLACE}${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _, $id: __, ...rest } = schema as Json;
      return [id, rest];
    }),
  );
}

function operationOf({ method, path, tag, summary, about, access, params, query, body, answer, long, idempotent, gate }: ApiRoute): Json {
  const description = [about, access === 'open' ? 'Needs no token.' : `Needs a token of scope ${access}.`].filter((text) => text !== undefined).join('\n\n');
  const headers = [
    ...(long === undefined ? [] : [{ name: 'Prefer', about: '`respond-async`: answer with 202 at once; the operation is followed at its Location, or in the events' }]),
    ...(idempotent ? [{ name: 'Idempotency-Key', about: 'a request that was sent already under this key is not done again for a day: its answer is repeated' }] : []),
    ...(method === 'GET' && 'schema' in answer ? [{ name: 'If-None-Match', about: 'the ETag of an answer that is there already: 304 where it is still right' }] : []),
  ].map(({ name, about: text }) => ({ name, in: 'header', required: false, description: text, schema: { type: 'string' } }));
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query'), ...headers];
  return {
    operationId: nameOf(method, path),
    tags: [tag],
    summary,
    description,
    ...(access === 'open' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: { required: !body.safeParse(undefined).success, content: jsonContent(referenceTo(body)) } } : {}),
    responses: {
      ...('schema' in answer ? { [String(answer.status ?? 200)]: { description: answer.about, content: jsonContent(referenceTo(answer.schema)) } } : { 200: { description: answer.about, content: { [answer.type]: {} } } }),
      ...(long === undefined ? {} : { 202: { description: 'it is being done (`Prefer: respond-async`)', headers: { Location: { description: 'the operation, relative to the address that was asked', schema: { type: 'string' } } }, content: jsonContent({ $ref: `${SCHEMA_PLACE}Operation` }) } }),
      ...(method === 'GET' && 'schema' in answer ? { 304: { description: 'what you have is still right' } } : {}),
      ...(gate ? { 429: { description: 'too many at once', content: jsonContent({ $ref: `${SCHEMA_PLACE}Error` }) } } : {}),
      default: { description: 'a failure, with the status of its kind', content: jsonContent({ $ref: `${SCHEMA_PLACE}Error` }) },
    },
  };
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...form } = property as Json;
    return { name, in: place, required: required.includes(name), ...(description === undefined ? {} : { description }), schema: form };
  });
}

function referenceTo(schema: z.ZodType): Json {
  const plain = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const found = Object.entries({ ...ANSWERS, ...BODIES }).find(([, named]) => named === plain);
  if (!found) throw new Error('a body of the API has no name in schemas.ts');
  return { $ref: `${SCHEMA_PLACE}${found[0]}` };
}

const jsonContent = (schema: Json): Json => ({ 'application/json': { schema } });

/** `getDesktopsWhy`: unique, since methods and paths are. */
function nameOf(method: string, path: string): string {
  const words = path.replace('/api/v1/', '').split(/[/{}]+/).filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1).replaceAll(/\W(\w)/g, (_, letter: string) => letter.toUpperCase())}`).join('');
}

// The document of the API: right by its own standard, and about what is really answered.
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { createTestApi } from '../../support/test-api.ts';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; security?: unknown[]; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, unknown> };
}

test('the document is valid OpenAPI 3.1', async () => {
  const { ask } = await createTestApi();
  const { status, body, headers } = await ask('GET', '/api/openapi.json');
  expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(body) as Record<string, unknown>);
  expect(errors).toBeUndefined();
  expect([valid, validator.version]).toEqual([true, '3.1']);
});

test('it tells each route of the table once, each form that is named is there, and no name is given twice', async () => {
  const { ask, server } = await createTestApi();
  const { body } = await ask('GET', '/api/openapi.json');
  const { paths, components } = JSON.parse(body) as Document;
  const told = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  expect(told.sort()).toEqual(server.routes.filter(({ hidden }) => !hidden).map(({ method, path }) => `${method} ${path}`).sort());
  const named = new Set([...body.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  for (const name of named) expect(components.schemas).toHaveProperty(String(name));
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the page tells the same without a script, and may do nothing', async () => {
  const { ask, server } = await createTestApi();
  const { status, body, headers } = await ask('GET', '/api/docs');
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
  expect(body).not.toMatch(/<script|https?:\/\//);
  for (const { method, path } of server.routes.filter(({ hidden }) => !hidden)) expect(body).toContain(`<code>${method} ${path}</code>`);
});

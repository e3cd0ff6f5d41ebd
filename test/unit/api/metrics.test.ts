// Who is told the figures, and what of a request is counted.
import { expect, test } from 'vitest';
import { metricsExtension } from '../../../src/api/metrics.ts';
import { type AnsweredRequest, noMetrics } from '../../../src/core/metrics.ts';
import { createTestApi } from '../../support/test-api.ts';

const open = () => createTestApi({ extensions: [metricsExtension(async () => ({ type: 'text/plain; version=0.0.4', text: 'vncctl_engine_up 1\n' }))] });

test('this machine needs no token; who comes through a proxy needs one that may read', async () => {
  const { ask, token } = await open();
  const { status, headers, body } = await ask('GET', '/metrics');
  expect({ status, type: headers['content-type'], body }).toEqual({ status: 200, type: 'text/plain; version=0.0.4', body: 'vncctl_engine_up 1\n' });
  const proxied = { 'x-forwarded-for': '192.0.2.1' };
  // By one that doesn't say so.
  expect((await ask('GET', '/metrics', { headers: { host: 'desks.public.example' } })).status).toBe(401);
  expect((await ask('GET', '/metrics', { headers: proxied })).status).toBe(401);
  expect((await ask('GET', '/metrics', { headers: proxied, token: await token('read') })).status).toBe(200);
  expect((await ask('GET', '/metrics', { headers: { host: 'evil.example' } })).status).toBe(401);
  expect((await ask('GET', '/api/v1/desktops')).status).toBe(401);
});

test('requests and creations are counted by the template of their route, never by whom they name', async () => {
  const api = await open();
  const answered: AnsweredRequest[] = [];
  const outcomes: string[] = [];
  const phases: string[] = [];
  api.metrics = { ...noMetrics, answered: (request) => void answered.push(request), broughtUp: (outcome) => void outcomes.push(outcome), phase: (name) => void phases.push(name) };
  const operator = await api.token('operate');
  await api.ask('POST', '/api/v1/desktops', { token: operator, body: { client: '11144477735' } });
  await api.ask('POST', '/api/v1/desktops', { token: operator, body: { client: '11144477735' } });
  await api.ask('GET', '/api/v1/desktops/11144477735', { token: operator });
  await api.ask('GET', '/nothing/11144477735', { token: operator });
  api.engine.calls.refuse();
  await api.ask('POST', '/api/v1/desktops', { token: operator, body: { client: '11144477735' } });
  expect(answered).toEqual([
    { method: 'POST', route: '/api/v1/desktops', status: 200 },
    { method: 'POST', route: '/api/v1/desktops', status: 200 },
    { method: 'GET', route: '/api/v1/desktops/{desktop}', status: 200 },
    { method: 'GET', route: 'none', status: 404 },
    { method: 'POST', route: '/api/v1/desktops', status: 503 },
  ]);
  expect(outcomes).toEqual(['created', 'reused', 'failed']);
  expect(phases).toContain('look');
});

// Desktops over the API, on fakes.
import { expect, test } from 'vitest';
import { createTestApi } from '../../support/test-api.ts';

const ANA = '111.444.777-35';

test('one is made, listed, looked at and removed', async () => {
  const { ask, token, engine } = await createTestApi();
  const operator = await token('operate');
  const made = await ask('POST', '/api/v1/desktops', { token: operator, body: { client: ANA } });
  expect(made.status, made.body).toBe(200);
  expect(made.json()).toMatchObject({ outcome: 'created', client: '11144477735', door: 'gateway', status: 'ready' });
  const { id, url } = made.json<{ id: string; url: string }>();
  expect(url).toMatch(new RegExp(`^http://127.0.0.1:8080/d/${id}/#ticket=`));
  const list = await ask('GET', '/api/v1/desktops', { token: operator });
  expect(list.json()).toMatchObject({ desktops: [{ id, client: '11144477735' }], next: null });
  for (const name of [id, ANA, '11144477735']) expect((await ask('GET', `/api/v1/desktops/${name}`, { token: operator })).json()).toMatchObject({ id });
  const removed = await ask('DELETE', `/api/v1/desktops/${id}`, { token: operator });
  expect(removed.json()).toMatchObject({ removed: [{ id, removed: true }] });
  expect(await engine.containers.list({ labels: {} })).toEqual([]);
});

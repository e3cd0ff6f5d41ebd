// Older systems' clients at a real daemon on a real engine: the command lines of the orchestrator's document, and the way from a
// fleet's session to its screen; and the figures of it all.
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { runCurlLine } from '../support/curl-lines.ts';
import { daemonsOf, namesNobody } from '../support/daemons.ts';
import { lookAtSocket, lookThroughGateway } from '../support/rfb-viewer.ts';
import { TINY_KEY } from '../support/tiny-image.ts';

const CLIENT = '11122233344';
const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_IMAGE: TINY_KEY, VNCCTL_AUTH: 'none', VNCCTL_CLIENT_IDS: 'any', VNCCTL_DIALECTS: 'kiosk-orchestrator,browser-fleet,curated-desktops' } });
const daemons = daemonsOf(installation, [CLIENT]);

interface Session {
  id: string;
  vnc: { ws: string; http: string };
}

test("each system's clients get a desktop and see it, and the figures tell of them", async () => {
  const daemon = await daemons.watching();
  const { message } = await daemon.line({ message: /^answering at / });
  const address = message.replace('answering at ', '');
  const port = Number(address.split(':')[1]);
  const json = async <T>(path: string, init: RequestInit = {}): Promise<T> => (await (await fetch(`http://${address}${path}`, init)).json()) as T;
  const post = (body: object): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  await runCurlLine('curl "http://localhost:8080/access?id=111.222.333-44"', port);
  expect(JSON.parse(await runCurlLine('curl http://localhost:8080/status', port))).toMatchObject({ active_containers: 1, records: [{ client_id: '111.222.333-44' }] });
  const { headers } = await fetch(`http://${address}/access?id=${CLIENT}`, { redirect: 'manual' });
  await (await lookThroughGateway(headers.get('location') ?? '')).picture();

  const session = await json<Session>('/sessions', post({ vnc: true, start_url_wait: 'load', labels: { for: 'a test' } }));
  await (await lookAtSocket(session.vnc.ws)).picture();
  await (await lookThroughGateway(session.vnc.http)).picture();
  expect(await json('/sessions')).toContainEqual(expect.objectContaining({ id: session.id, labels: { for: 'a test' }, vnc: session.vnc }));
  const { url } = await json<{ url: string }>('/api/vm/any/a-uid', post({}));
  await (await lookAtSocket(url)).picture();

  const figures = async (): Promise<string> => (await fetch(`http://${address}/metrics`)).text();
  const first = await figures();
  expect(first).toMatch(/vncctl_desktops\{status="ready",image="[^"]+"\} 3/);
  expect(first).toContain('vncctl_viewers{mode="full"} 4');
  expect(Number(/vncctl_tunnel_bytes_total\{direction="to_viewer"\} (\d+)/.exec(first)?.[1])).toBeGreaterThan(100);
  namesNobody(first, [CLIENT, 'a-uid']);

  expect(JSON.parse(await runCurlLine('curl "http://localhost:8080/remove?id=111.222.333-44"', port))).toMatchObject({ status: 'removed', client_id: '111.222.333-44' });
  expect(await json(`/sessions/${session.id}`, { method: 'DELETE' })).toEqual({ id: session.id, status: 'DEAD' });
  expect(JSON.parse(await runCurlLine('curl http://localhost:8080/remove-all', port))).toEqual({ status: 'removed_all', removed: 1 });
  expect(JSON.parse(await runCurlLine('curl http://localhost:8080/health', port))).toMatchObject({ status: 'ok' });
  // It asks for HTTP/2 by an upgrade, as Java's HttpClient does.
  expect(JSON.parse(await runCurlLine('curl --http2 http://localhost:8080/status', port))).toMatchObject({ active_containers: 0 });
  expect(await installation.containers()).toEqual([]);
  expect(await figures()).toMatch(/vncctl_engine_call_duration_seconds_count\{call="containers\.remove"\} 3/);
});

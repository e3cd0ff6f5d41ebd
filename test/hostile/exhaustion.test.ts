// Nobody takes all there is of the daemon: connections, viewers' places, event streams, its time or its log. Throughout, others are
// answered, and afterwards it holds no more than before.
import { mkdirSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { givesBack, holdingsOf, staysHealthy } from '../support/daemon-watch.ts';
import { comesTrue } from '../support/eventually.ts';
import { joinScreen, openLink, type Visit } from '../support/gateway-visitor.ts';
import { hostileStand } from '../support/hostile-stand.ts';
import { rounds } from '../support/soak.ts';

const ONE = '11122233344';
const TWO = '22233344455';

const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0' } });
const { vncctl } = installation;
const daemons = daemonsOf(installation, [ONE, TWO]);
const { make } = daemonDesktops(installation);

/** How a try to join a screen ended: with a WebSocket, or a status. */
async function joins(visit: Visit): Promise<WebSocket | number> {
  const socket = joinScreen(visit);
  onTestFinished(() => socket.terminate());
  socket.on('error', () => {});
  return Promise.race([
    once(socket, 'open').then(() => socket, () => 0),
    once(socket, 'unexpected-response').then(([, response]) => {
      (response as IncomingMessage).destroy();
      return (response as IncomingMessage).statusCode ?? 0;
    }, () => 0),
  ]);
}

const joinedOf = (tries: readonly (WebSocket | number)[]): WebSocket[] => tries.filter((each) => each instanceof WebSocket);

test('six hundred slow connections keep nobody out, and leave nothing behind', async () => {
  const stand = await hostileStand(installation, daemons);
  const { daemon, port, stranger, ask } = stand;
  const host = `HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
  const slow = ['', `GET /healthz ${host}X-Slow: `, `GET /d/bcdfghjkmnpq/ws ${host}Connection: Upgrade\r\nUpgrade: websocket\r\n`, `POST /d/bcdfghjkmnpq/session ${host}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{`, `POST /api/v1/desktops ${host}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{`];
  await ask('/api/v1/desktops');
  const sockets: Socket[] = [];
  const before = holdingsOf(daemon.pid);
  await staysHealthy(stand, async () => {
    for (let count = 0; count < rounds(600, 20_000); count++) sockets.push(await stranger(slow[count % slow.length]));
    for (let count = 0; count < 20; count++) {
      expect((await ask('/healthz')).status).toBe(200);
      expect((await ask('/d/bcdfghjkmnpq/state')).status).toBe(401);
    }
    expect(holdingsOf(daemon.pid).files).toBeLessThan(before.files + 600);
  });
  for (const socket of sockets) socket.destroy();
  await givesBack(daemon.pid, before);
});

test('shares that take all places of viewers keep no other ticket out, and one alone does not take them all', async () => {
  const stand = await hostileStand(installation, daemons, { VNCCTL_MAX_VIEWERS: '48' });
  const { daemon, share } = stand;
  const [one] = [await make(ONE), await make(TWO)];
  await joinAndLeave(await openLink(await share(ONE)));
  await succeeds(vncctl('viewers'));
  const before = holdingsOf(daemon.pid);
  await staysHealthy(stand, async () => {
    const greedy = [await openLink(await share(ONE)), await openLink(await share(TWO))];
    const first = await Promise.all(Array.from({ length: 48 }, () => joins(greedy[0] ?? expect.unreachable())));
    expect(joinedOf(first)).toHaveLength(32);
    expect(first.filter((status) => status === 503)).toHaveLength(16);
    const second = await Promise.all(Array.from({ length: 48 }, () => joins(greedy[1] ?? expect.unreachable())));
    const viewers = async (): Promise<number> => (JSON.parse((await succeeds(vncctl('viewers', '--json'))).stdout) as unknown[]).length;
    expect(joinedOf(second).length).toBeGreaterThanOrEqual(16);
    await comesTrue('all places are taken', async () => (await viewers()) === 48);
    const own = await joins(await openLink(await share(ONE)));
    expect(own).toBeInstanceOf(WebSocket);
    await comesTrue('somebody left for it', async () => (await viewers()) === 48);
    const again = await Promise.all(Array.from({ length: 20 }, () => joins(greedy[0] ?? expect.unreachable())));
    expect(again.length).toBe(20);
    expect((own as WebSocket).readyState).toBe(WebSocket.OPEN);
    for (const socket of joinedOf([own, ...first, ...second, ...again])) socket.terminate();
  });
  await daemon.line({ message: /^a viewer left/, desktop: one.id });
  await givesBack(daemon.pid, before);
});

async function joinAndLeave(visit: Visit): Promise<number> {
  const joined = await joins(visit);
  if (!(joined instanceof WebSocket)) return joined;
  joined.terminate();
  return 101;
}

test('a viewer who comes and goes in a loop is told to wait, and writes a bounded number of lines', async () => {
  const stand = await hostileStand(installation, daemons);
  const { daemon, share } = stand;
  const { id } = await make(ONE);
  const visit = await openLink(await share(ONE));
  const became: number[] = [];
  for (let count = 0; count < rounds(150, 2_000); count++) became.push(await joinAndLeave(visit));
  expect(became.filter((status) => status === 101).length).toBeGreaterThanOrEqual(100);
  expect(became).toContain(429);
  await succeeds(vncctl('viewers'));
  await daemon.stop();
  const told = daemon.lines().filter(({ desktop, message }) => desktop === id && /^a viewer (came|left)/.test(message));
  expect(told.length).toBeLessThanOrEqual(2 * 20 * rounds(1, 10) + 2 * rounds(1, 10));
  expect(told.map(({ message }) => message)).toEqual(expect.arrayContaining([expect.stringMatching(/^a viewer came … and \d{2,} more in the last minute$/), expect.stringMatching(/^a viewer left … and \d{2,} more in the last minute$/)]));
});

test('event streams of read tokens keep no operator and no admin out', async () => {
  const stand = await hostileStand(installation, daemons);
  const { daemon, origin, token, ask } = stand;
  const follow = (bearer: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const sent = get(`${origin}/api/v1/events`, { agent: false, headers: { accept: 'text/event-stream', authorization: `Bearer ${bearer}` } }, (response) => resolve(response.on('error', () => {})));
      sent.once('error', reject);
      onTestFinished(() => void sent.destroy());
    });
  const readers = [await token('read'), await token('read'), await token('read'), await token('read')];
  const admin = await token('admin');
  expect((await ask('/api/v1/events', { authorization: `Bearer ${admin}` })).status).toBe(200);
  const before = holdingsOf(daemon.pid);
  await staysHealthy(stand, async () => {
    const streams: IncomingMessage[] = [];
    for (const bearer of readers) streams.push(...(await Promise.all(Array.from({ length: 40 }, () => follow(bearer)))));
    expect(streams.filter(({ statusCode }) => statusCode === 200)).toHaveLength(128);
    expect(streams.filter(({ statusCode }) => statusCode === 429)).toHaveLength(32);
    const kept = await follow(admin);
    expect(kept.statusCode).toBe(200);
    kept.resume();
    streams.push(...(await Promise.all(Array.from({ length: 40 }, () => follow(readers[0] ?? '')))));
    expect(kept.closed).toBe(false);
    for (const stream of [...streams, kept]) stream.destroy();
  });
  await givesBack(daemon.pid, before);
});

test('sixty looks at a desktop that is gone and forty lists of events, over a full journal, stall nobody', async () => {
  const file = join(dirname(installation.stateFile), 'events.jsonl');
  mkdirSync(dirname(file), { recursive: true });
  const at = (place: number): string => new Date(Date.now() - 3_600_000 + place * 10).toISOString();
  const lines = Array.from({ length: 48_000 }, (_, place) => `${JSON.stringify({ at: at(place), event: 'paused', desktop: `zxwv${place % 997}`, cause: `no viewer for 15m (${place})`, image: 'tiny', client: 'a'.repeat(20) })}\n`);
  const half = Math.floor(lines.length / 2);
  writeFileSync(file.replace('.jsonl', '.1.jsonl'), lines.slice(0, half).join(''));
  writeFileSync(file, lines.slice(half).join(''));

  const stand = await hostileStand(installation, daemons);
  const { daemon, origin, token, share, ask } = stand;
  const { id } = await make(ONE);
  const { page, headers } = await openLink(await share(ONE));
  await succeeds(vncctl('rm', ONE, '--yes'));
  await daemon.line({ event: 'removed', desktop: id });
  const bearer = { authorization: `Bearer ${await token('read')}` };
  const look = (): ReturnType<typeof ask> => ask(`${new URL(page).pathname}state`, headers);
  // What is loaded with the first request of all is no attack's doing.
  expect((await ask('/api/v1/desktops', bearer)).status).toBe(200);
  await staysHealthy(stand, async () => {
    const looks = await Promise.all(Array.from({ length: 60 }, look));
    for (const { status, body } of looks) expect([status, JSON.parse(body)]).toEqual([404, expect.objectContaining({ status: 'gone', reason: expect.any(String) as string })]);
    const lists = await Promise.all(Array.from({ length: 40 }, () => ask('/api/v1/events?limit=100', bearer)));
    for (const { status, body } of lists) expect([status, (JSON.parse(body) as { events: unknown[] }).events.length]).toEqual([200, 100]);
    const replays = await Promise.all(Array.from({ length: 10 }, () => replay(origin, { ...bearer, 'last-event-id': `${Date.parse(at(0))}-000000000000` })));
    expect(replays.every((bytes) => bytes > 100_000)).toBe(true);
  });
  const before = holdingsOf(daemon.pid);
  const many = await Promise.all(Array.from({ length: rounds(300, 3_000) }, look));
  expect(many.filter(({ status }) => status === 429).map(({ retryAfter }) => Number(retryAfter) > 0)).toContain(true);
  expect(many.filter(({ status }) => status === 404).length).toBeGreaterThanOrEqual(120);
  await givesBack(daemon.pid, before);
});

/** Reads a stream of events on from some place, and leaves once enough has come. */
function replay(origin: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const sent = get(`${origin}/api/v1/events`, { agent: false, headers: { accept: 'text/event-stream', ...headers } }, (response) => {
      response.on('error', () => {});
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < 200_000) return;
        resolve(bytes);
        sent.destroy();
      });
    });
    sent.on('error', reject);
  });
}

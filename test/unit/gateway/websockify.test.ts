// The address of a screen for clients without cookies: whom it lets in.
import type { Duplex } from 'node:stream';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Session } from '../../../src/core/tickets.ts';
import { createDoor } from '../../../src/daemon/door.ts';
import { trustProxies } from '../../../src/gateway/arrival.ts';
import type { HostRules } from '../../../src/gateway/checks.ts';
import { createSessionHalves } from '../../../src/gateway/session-halves.ts';
import { createSessions } from '../../../src/gateway/sessions.ts';
import { createWebsockify } from '../../../src/gateway/websockify.ts';
import { ONE, openGateway, OTHER } from '../../support/test-gateway.ts';

async function open(origins: readonly string[] = [], rules: Partial<HostRules> = {}) {
  const { tickets, give, clock, desktops } = await openGateway();
  const joined: Session[] = [];
  const upgrade = createWebsockify({
    sessions: createSessions({ tickets, halves: createSessionHalves({ instanceKey: Buffer.alloc(32, 1) }), clock }),
    hosts: () => ({ names: [], proxies: trustProxies([]), ...rules }),
    origins: () => origins,
    find: async (id) => desktops.get(id),
    upgrade(_request, socket: Duplex, _head, session) {
      joined.push(session);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    },
    clock,
  });
  const door = createDoor({ readiness: () => ({ ready: true, counts: {} }), routes: [{ request: () => false, upgrade }] });
  onTestFinished(() => door.stop());
  const where = await door.listen({ host: '127.0.0.1', port: 0 });
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> => {
    const lines = Object.entries({ host: where, connection: 'Upgrade', upgrade: 'websocket', ...headers }).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(Number(where.split(':')[1]), '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    return Number((await text(socket)).split(' ')[1]);
  };
  return { ask, give, joined, desktops, clock, tickets };
}

test('whoever knows the token is let in, as often as they come', async () => {
  const { ask, give, joined } = await open();
  const { secret, ticket } = give();
  const path = `/websockify?token=${ONE}.${secret}`;
  expect(await ask(path)).toBe(101);
  expect(await ask(`/websockify?a=b&token=${ONE}.${secret}&c=d`)).toBe(101);
  expect(joined).toEqual([expect.objectContaining({ desktopId: ONE, ticketId: ticket.id, mode: 'full' }), expect.objectContaining({ desktopId: ONE })]);
});

test.each([
  ['no token', 401, () => '/websockify'],
  ['a token without a secret', 401, () => `/websockify?token=${ONE}`],
  ['a secret that opens nothing', 401, () => `/websockify?token=${ONE}.${'A'.repeat(22)}`],
  ["another desktop's secret", 401, (secret: string) => `/websockify?token=${OTHER}.${secret}`],
])('%s is answered with %i', async (_, status, path) => {
  const { ask, give, joined } = await open();
  expect(await ask(path(give().secret))).toBe(status);
  expect(joined).toEqual([]);
});

test('a token that was taken back, ran out, or whose desktop is gone, opens nothing', async () => {
  const { ask, give, desktops, clock } = await open();
  const { secret } = give({ lifeMs: 60_000 });
  const path = `/websockify?token=${ONE}.${secret}`;
  desktops.delete(ONE);
  expect(await ask(path)).toBe(404);
  desktops.set(ONE, { status: 'ready' });
  clock.advance(60_000);
  expect(await ask(path)).toBe(401);
});

test('a page of another origin is let in only where it is listed', async () => {
  const [ours, listed, strange] = [{}, { origin: 'https://desks.example' }, { origin: 'https://evil.example' }];
  const { ask, give } = await open(['https://desks.example']);
  const path = `/websockify?token=${ONE}.${give().secret}`;
  expect(await Promise.all([ours, listed, strange].map((headers) => ask(path, headers)))).toEqual([101, 101, 403]);
  expect(await ask(path, { host: 'evil.example' })).toBe(403);
  const all = await open(['*']);
  expect(await all.ask(`/websockify?token=${ONE}.${all.give().secret}`, strange)).toBe(101);
});

test('who guesses is stopped after ten tries', async () => {
  const { ask, give } = await open();
  const wrong = `/websockify?token=${ONE}.${'A'.repeat(22)}`;
  for (let tries = 0; tries < 10; tries++) expect(await ask(wrong)).toBe(401);
  expect(await ask(`/websockify?token=${ONE}.${give().secret}`)).toBe(429);
});

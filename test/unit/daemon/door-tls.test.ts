// The door with a certificate: all that it does it does over TLS, and nothing without.
import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createDoor, type Door, type DoorRoutes } from '../../../src/daemon/door.ts';
import { ONE, TWO } from '../../support/certificates.ts';

async function openDoor(routes: readonly DoorRoutes[] = []): Promise<{ door: Door; port: number }> {
  const door = createDoor({ readiness: () => ({ ready: true, counts: {} }), routes, certificate: ONE });
  onTestFinished(() => door.stop());
  return { door, port: Number((await door.listen({ host: '127.0.0.1', port: 0 })).split(':').at(-1)) };
}

/** A connection of a client that trusts this certificate only. */
async function connected(port: number, ca = ONE.cert): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

function ask(port: number, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, ca: ONE.cert, agent: false }, (response) => void text(response).then((body) => resolve({ status: response.statusCode, body }), reject));
    sent.once('error', reject);
    sent.end();
  });
}

test('it answers as without TLS', async () => {
  const { port } = await openDoor();
  expect(await ask(port, '/healthz')).toEqual({ status: 200, body: '{"healthy":true}\n' });
  expect((await ask(port, '/readyz')).status).toBe(200);
});

test('who speaks no TLS gets no answer, nor does an old version of it', async () => {
  const { port } = await openDoor();
  const plain = connectPlain(port, '127.0.0.1');
  plain.on('error', () => {});
  plain.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await text(plain).catch(() => '')).not.toContain('HTTP/1.1 200');
  const old = connect({ host: '127.0.0.1', port, ca: ONE.cert, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
  expect(await once(old, 'secureConnect').catch((error: unknown) => error)).toBeInstanceOf(Error);
});

test('another certificate counts from the next connection on, and the present ones stay', async () => {
  const { door, port } = await openDoor();
  const before = await connected(port);
  door.useCertificate(TWO);
  const after = await connected(port, TWO.cert);
  for (const socket of [before, after]) {
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  }
  await expect(connected(port)).rejects.toThrow(/certificate/);
});

test('what is no certificate is refused, and the one in use stays', async () => {
  const { door, port } = await openDoor();
  expect(() => door.useCertificate({ cert: ONE.cert, key: TWO.key })).toThrow();
  expect((await ask(port, '/healthz')).status).toBe(200);
});

test('routes get what asks for another protocol, and are told that it came by TLS', async () => {
  const said: unknown[] = [];
  const { port } = await openDoor([
    {
      request: () => false,
      upgrade(asked, socket) {
        said.push((asked.socket as TLSSocket).encrypted);
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        return true;
      },
    },
  ]);
  const socket = await connected(port);
  socket.write('GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 101 /);
  expect(said).toEqual([true]);
});

test('it stops within a second, whoever is halfway through TLS or through a request, or was taken over', async () => {
  const { door, port } = await openDoor([{ request: () => false, upgrade: (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n') || true }]);
  const [halfway, taken] = [await connected(port), await connected(port)];
  const silent = connectPlain(port, '127.0.0.1');
  await once(silent, 'connect');
  halfway.write('GET /healthz HTTP/1.1\r\nHost: loc');
  taken.write('GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(taken, 'data');
  const ends = [halfway, taken, silent].map((socket) => once(socket.on('error', () => {}), 'close'));
  const began = performance.now();
  await door.stop();
  expect(performance.now() - began).toBeLessThan(1_000);
  await Promise.all(ends);
});

// All tunnels together: joining, limits, dropped viewers, and the end.
import { once } from 'node:events';
import { request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { openRfbLink } from '../../../src/gateway/rfb-link.ts';
import { RfbFailure } from '../../../src/rfb/failure.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { maskedFrame, startTunnelStand, type TunnelStand, type TunnelStandOptions } from '../../support/tunnel-stand.ts';

let stand: TunnelStand;
const start = async (options: TunnelStandOptions = {}): Promise<TunnelStand> => {
  stand = await startTunnelStand(options);
  return stand;
};
afterEach(() => stand.stop());

const heldClock = () => createFakeClock({ passUpToMs: 0 });
/** As a dial that waits for a container that is silent. */
const silent = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const open = (name: string): number => process.getActiveResourcesInfo().filter((found) => found === name).length;

test.each([
  ['that does not answer', new RfbFailure('ended', 'port 5900 of 10.0.0.3: refused'), 1014, 'the desktop does not answer'],
  ['that refuses the secret', new RfbFailure('wrong-secret', 'the secret is wrong'), 1014, 'the desktop does not answer'],
  ['that there is no memory to start', new VncctlError('NO_MEMORY', 'too little memory'), 1013, 'there is no room for it now'],
  ['whose dialling has a fault', new Error('a fault'), 1011, 'vncctl failed'],
])('the viewer of a desktop %s is told so, without particulars; the caller gets them', async (_, failure, code, reason) => {
  const { viewer, ends } = await start({ session: { dial: () => Promise.reject(failure) } });
  expect(await (await viewer()).closed).toEqual({ code, reason });
  await eventually(() => ends.length === 1);
  expect(ends[0]?.failure).toBe(failure);
});

test('a desktop that is silent for longer than the connect timeout is given up', async () => {
  const clock = heldClock();
  const { viewer, ends } = await start({ clock, session: { dial: silent } });
  const { closed } = await viewer();
  clock.advance(4_999);
  await setImmediate();
  expect(ends).toEqual([]);
  clock.advance(1);
  expect(await closed).toEqual({ code: 1014, reason: 'the desktop did not answer in time' });
});

test('a link that comes when its viewer has gone is closed', async () => {
  let dialled = (): void => {};
  const { viewer, peer, ends } = await start({
    session: {
      dial: async () => {
        await new Promise<void>((resolve) => {
          dialled = resolve;
        });
        return openRfbLink({ host: '127.0.0.1', port: stand.containerPort }, { clock: createFakeClock(), signal: new AbortController().signal, authenticate: async () => undefined });
      },
    },
  });
  const { socket } = await viewer();
  socket.terminate();
  await eventually(() => ends.length === 1);
  dialled();
  const here = await peer();
  here.resume();
  await once(here, 'end');
});

test('the greeting is spoken while the container is dialled, and what follows it goes through the filter', async () => {
  const filtered: string[] = [];
  const { viewer, peer } = await start({
    session: {
      async greet(stream) {
        stream.write(Buffer.from('who?'));
        expect((await stream.read(3)).toString()).toBe('me.');
      },
      filter: (chunk) => {
        filtered.push(chunk.toString());
        return { forward: [chunk], input: false };
      },
    },
  });
  const { socket, received } = await viewer();
  await eventually(() => received().toString() === 'who?');
  socket.send(Buffer.from('me.and'));
  socket.send(Buffer.from(' more'));
  const here = await peer();
  await eventually(() => filtered.join('') === 'and more');
  const [bytes] = (await once(here, 'data')) as [Buffer];
  expect('and more'.startsWith(bytes.toString())).toBe(true);
});

test('a viewer that never answers the greeting is sent away', async () => {
  const clock = heldClock();
  let dialled = false;
  const { viewer, peer } = await start({
    clock,
    session: {
      greet: (stream) => stream.read(1),
      async dial(signal) {
        const link = await openRfbLink({ host: '127.0.0.1', port: stand.containerPort }, { clock, signal, authenticate: async () => undefined });
        dialled = true;
        return link;
      },
    },
  });
  const { closed } = await viewer();
  const here = await peer();
  const ended = once(here.resume(), 'end');
  await eventually(() => dialled);
  await setImmediate();
  clock.advance(15_000);
  expect(await closed).toEqual({ code: 1008, reason: 'no handshake in time' });
  await ended;
});

test('a viewer whose handshake is none is sent away, and its desktop is not blamed', async () => {
  const { viewer, ends } = await start({
    session: {
      async greet(stream) {
        await stream.read(3);
        throw new RfbFailure('not-rfb', 'the viewer greets with "GET"');
      },
    },
  });
  const { socket, closed } = await viewer();
  socket.send(Buffer.from('GET'));
  expect(await closed).toEqual({ code: 1008, reason: 'the handshake failed' });
  await eventually(() => ends.length === 1);
  expect(ends[0]?.failure).toBeUndefined();
});

test('a viewer that leaves before the container has answered ends the dialling', async () => {
  let signal: AbortSignal | undefined;
  const { viewer, ends } = await start({
    session: {
      dial: (given) => {
        signal = given;
        return silent(given);
      },
    },
  });
  const { socket } = await viewer();
  socket.terminate();
  await eventually(() => ends.length === 1);
  expect(signal?.aborted).toBe(true);
  expect(ends[0]?.failure).toBeUndefined();
});

test('what the container said together with the end of its handshake reaches the viewer', async () => {
  const { viewer, peer } = await start({
    session: {
      dial: (signal) => openRfbLink({ host: '127.0.0.1', port: stand.containerPort }, { clock: createFakeClock(), signal, authenticate: (stream) => stream.read(4) }),
    },
  });
  const { received } = await viewer();
  (await peer()).write('doneand more');
  await eventually(() => received().toString() === 'and more');
});

test('a viewer that answers pings stays, and one that is silent for the idle time is dropped', async () => {
  const clock = heldClock();
  const { viewer, bareViewer, tunnels, peer, ends } = await start({ clock });
  const { socket } = await viewer();
  await bareViewer();
  (await peer(1)).resume();
  let pings = 0;
  socket.on('ping', () => pings++);
  for (let beat = 1; beat <= 12; beat++) {
    await clock.sleeping(25_000);
    const pong = new Promise((resolve) => {
      socket.once('ping', resolve);
    });
    clock.advance(25_000);
    if (beat === 12) break;
    expect(tunnels.list()).toHaveLength(2);
    await pong;
    // The answer is on its way; a message behind it shows that it was heard.
    const [{ fromViewerBytes: before } = { fromViewerBytes: 0 }] = tunnels.list();
    socket.send(Buffer.of(1));
    await eventually(() => (tunnels.list()[0]?.fromViewerBytes ?? 0) > before);
  }
  await eventually(() => ends.length === 1);
  expect(ends[0]?.state.id).toBe(2);
  expect(tunnels.list()).toMatchObject([{ id: 1 }]);
  expect(pings).toBeGreaterThanOrEqual(11);
});

test('a pong alone keeps a viewer', async () => {
  const clock = heldClock();
  const { viewer, tunnels } = await start({ clock, limits: { pingEveryMs: 10, idleTimeoutMs: 20 } });
  const { socket } = await viewer();
  for (let beat = 0; beat < 10; beat++) {
    await clock.sleeping(10);
    const pinged = once(socket, 'ping');
    clock.advance(10);
    await pinged;
    // The other direction is in order too: its answer follows the pong.
    const answered = once(socket, 'pong');
    socket.ping();
    await answered;
    expect(tunnels.list()).toHaveLength(1);
  }
});

test('more viewers than allowed are turned away with HTTP 503, and may come when one has gone', async () => {
  const { viewer, port, tunnels } = await start({ limits: { maxSessions: 2 } });
  const first = await viewer();
  await viewer();
  const asked = request({ port, host: '127.0.0.1', headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } }).end();
  const [response] = await once(asked, 'response');
  expect(response.statusCode).toBe(503);
  first.socket.close();
  await eventually(() => tunnels.list().length === 1);
  expect((await viewer()).socket.readyState).toBe(1);
});

test('one viewer can be ended by its id, with a reason', async () => {
  const { viewer, tunnels } = await start();
  const first = await viewer();
  const second = await viewer();
  expect(tunnels.list()).toMatchObject([
    { id: 1, desktop: 'desktop', address: '127.0.0.1' },
    { id: 2, desktop: 'desktop' },
  ]);
  expect(tunnels.close(1, 1008, 'ended by the operator')).toBe(true);
  expect(tunnels.close(9, 1008, 'nobody')).toBe(false);
  expect(await first.closed).toEqual({ code: 1008, reason: 'ended by the operator' });
  expect(second.socket.readyState).toBe(1);
});

test('a stop tells every viewer to go away, takes none any more, and can be asked for twice', async () => {
  const { viewer, tunnels, peer } = await start();
  const viewers = [await viewer(), await viewer()];
  for (const index of [0, 1]) (await peer(index)).resume();
  await Promise.all([tunnels.stop(), tunnels.stop()]);
  expect(await Promise.all(viewers.map(({ closed }) => closed))).toEqual([
    { code: 1001, reason: 'vncctl stops' },
    { code: 1001, reason: 'vncctl stops' },
  ]);
  expect(tunnels.list()).toEqual([]);
  expect(await (await viewer()).closed).toMatchObject({ code: 1006 });
});

test('a viewer that does not answer the close is dropped when the drain time is over', async () => {
  const clock = heldClock();
  const { bareViewer, tunnels, peer } = await start({ clock });
  await bareViewer();
  await peer();
  const stopped = tunnels.stop();
  await clock.sleeping(30_000);
  expect(tunnels.list()).toHaveLength(1);
  clock.advance(30_000);
  await stopped;
  expect(tunnels.list()).toEqual([]);
});

test('a thousand viewers come and go and leave nothing open', async () => {
  const { viewer, bareViewer, peer, tunnels, ends } = await start();
  const timers = open('Timeout');
  for (let number = 0; number < 1_000; number++) {
    if (number % 2 === 0) {
      const { socket, closed } = await viewer();
      await peer(number);
      if (number % 4 === 0) socket.close();
      else socket.terminate();
      await closed;
    } else {
      const bare = await bareViewer();
      const here = await peer(number);
      if (number % 4 === 1) bare.write(maskedFrame(8, Buffer.alloc(0)));
      else here.destroy();
      bare.resume().end();
      await once(bare, 'close');
    }
    stand.peers[number]?.destroy();
  }
  await eventually(() => ends.length === 1_000 && tunnels.list().length === 0);
  await eventually(() => open('TCPSocketWrap') === 0 && open('Timeout') <= timers);
}, 60_000);

test('viewers that leave at once leave nothing open either', async () => {
  const { viewer, tunnels, ends } = await start();
  const leave = async (): Promise<void> => {
    const { socket, closed } = await viewer();
    socket.terminate();
    await closed;
  };
  await Promise.all(Array.from({ length: 100 }, leave));
  await eventually(() => ends.length === 100 && tunnels.list().length === 0);
  await eventually(() => {
    // Those that were dialled are closed on this side: the other one only hears of it.
    for (const peer of stand.peers) peer.destroy();
    return open('TCPSocketWrap') === 0;
  });
});

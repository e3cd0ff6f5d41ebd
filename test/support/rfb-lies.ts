// What a VNC server can say that isn't so: each lie as what it sends to one connection, in words of the protocol (RFC 6143). Whatever a
// desktop's owner put in the place of its server could send the same.
import { setTimeout as sleep } from 'node:timers/promises';
import { type FakeRfbPeer, flat, pixels, rectangle, serverInit, text, u16, u32, update } from './fake-rfb-server.ts';

export interface RfbLie {
  name: string;
  tell(peer: FakeRfbPeer): Promise<void>;
}

const WIDTH = 1280;
const HEIGHT = 720;
/** Most that one lie sends, in bytes: enough to see that nothing is kept of it. */
const MOST_SENT = 96 * 1024 * 1024;

/** After an honest handshake and the first request for a picture. */
function afterHandshake(name: string, send: (peer: FakeRfbPeer) => Promise<void> | void, size: { width: number; height: number } = { width: WIDTH, height: HEIGHT }): RfbLie {
  return {
    name,
    async tell(peer) {
      await peer.shakeHands(size);
      await peer.readSetup();
      await peer.readUpdateRequest();
      await send(peer);
    },
  };
}

/** Sends the same again until the client goes away or enough was sent; waits where it doesn't read. */
async function again(peer: FakeRfbPeer, bytes: Buffer): Promise<void> {
  for (let sent = 0; sent < MOST_SENT && !peer.socket.destroyed; sent += bytes.length) {
    if (peer.socket.write(bytes)) {
      if (sent % (1024 * 1024) < bytes.length) await sleep(0);
    } else {
      await Promise.race([new Promise((resolve) => peer.socket.once('drain', resolve)), new Promise((resolve) => peer.socket.once('close', resolve))]);
    }
  }
}

const heap = (bytes: Buffer): Buffer => Buffer.concat(Array<Buffer>(Math.ceil(65_536 / bytes.length)).fill(bytes));
const part = (width: number, height: number): Buffer => Buffer.concat([pixels(0xff0000), u16(0, 0, width, height)]);
const early = (name: string, ...parts: (Uint8Array | string)[]): RfbLie => ({ name, tell: async (peer) => peer.send(...parts) });

/** In the order of the protocol. */
export const RFB_LIES: readonly RfbLie[] = [
  { name: 'greets with bytes that never end a line', tell: (peer) => again(peer, Buffer.alloc(65_536, 0x41)) },
  early('greets as HTTP', 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n'),
  early('greets with a version of no number', 'RFB abc.def\n'),
  early('offers 255 security types that nobody speaks', 'RFB 003.008\n', Buffer.of(255), Buffer.alloc(255, 77)),
  early('refuses with a reason of 4 GB', 'RFB 003.008\n', Buffer.of(0), u32(0xffffffff)),
  early('refuses with a reason of 64 KB that clears the terminal', 'RFB 003.008\n', Buffer.of(0), text('\u001b[2J\u001b]0;owned\u0007'.repeat(3_000))),
  early('decides on a security type of its own in 3.3', 'RFB 003.003\n', u32(99)),
  {
    name: 'says that its name has 4 GB',
    async tell(peer) {
      peer.send('RFB 003.008\n', Buffer.of(1, 1));
      await peer.expect(13);
      peer.send(u32(0));
      await peer.expect(1);
      peer.send(Buffer.concat([u16(WIDTH, HEIGHT), Buffer.alloc(16), u32(0xffffffff)]));
    },
  },
  {
    name: 'hangs up in the middle of its greeting',
    async tell(peer) {
      peer.send('RFB 003.008\n', Buffer.of(1, 1));
      await peer.expect(13);
      peer.send(u32(0), serverInit(WIDTH, HEIGHT).subarray(0, 10));
      peer.socket.end();
    },
  },
  afterHandshake('has a screen of 65535x65535', () => {}, { width: 65_535, height: 65_535 }),
  afterHandshake('has a screen of 65535x257', () => {}, { width: 65_535, height: 257 }),
  afterHandshake('paints a rectangle with 4294967295 parts of its whole screen', async (peer) => {
    peer.send(Buffer.concat([Buffer.of(0, 0), u16(1), u16(0, 0, WIDTH, HEIGHT), u32(2), u32(0xffffffff), pixels(0)]));
    await again(peer, heap(part(WIDTH, HEIGHT)));
  }),
  afterHandshake('paints a rectangle with 4294967295 parts of no size', async (peer) => {
    peer.send(Buffer.concat([Buffer.of(0, 0), u16(1), u16(0, 0, WIDTH, HEIGHT), u32(2), u32(0xffffffff), pixels(0)]));
    await again(peer, heap(part(0, 0)));
  }),
  afterHandshake('paints its whole screen in one colour 65534 times in one update', async (peer) => {
    peer.send(Buffer.concat([Buffer.of(0, 0), u16(65_534)]));
    await again(peer, heap(rectangle(2, 0, 0, WIDTH, HEIGHT, u32(0), pixels(7))));
  }),
  afterHandshake('copies its whole screen without end', async (peer) => {
    peer.send(Buffer.concat([Buffer.of(0, 0), u16(65_535)]));
    await again(peer, heap(rectangle(1, 0, 0, WIDTH, HEIGHT, u16(0, 0))));
  }),
  afterHandshake('sends rectangles of no size without end', async (peer) => {
    peer.send(Buffer.concat([Buffer.of(0, 0), u16(65_535)]));
    await again(peer, heap(rectangle(0, 0, 0, 0, 0)));
  }),
  afterHandshake('sends updates of nothing without end', (peer) => again(peer, heap(update([])))),
  afterHandshake('sends pointers without end', (peer) => again(peer, heap(update([rectangle(-239, 0, 0, 1, 1, Buffer.alloc(5))])))),
  afterHandshake('has a pointer of 65535x65535', async (peer) => {
    peer.send(update([rectangle(-239, 0, 0, 65_535, 65_535)]));
    await again(peer, Buffer.alloc(65_536));
  }),
  afterHandshake('becomes 65535x65535', (peer) => peer.send(update([rectangle(-223, 0, 0, 65_535, 65_535)]))),
  afterHandshake('becomes 65535x65535 with 255 screens', (peer) => peer.send(update([rectangle(-308, 0, 0, 65_535, 65_535, Buffer.of(255, 0, 0, 0), Buffer.alloc(255 * 16))]))),
  afterHandshake('has another size with each update', (peer) => again(peer, Buffer.concat([update([rectangle(-223, 0, 0, 4000, 4000)]), update([rectangle(-223, 0, 0, 4001, 4001)])]))),
  afterHandshake('has two sizes in each update', (peer) => again(peer, update([rectangle(-223, 0, 0, 4000, 4000), rectangle(-223, 0, 0, 4001, 4001)]))),
  afterHandshake('has a cut text of 4 GB', async (peer) => {
    peer.send(Buffer.of(3, 0, 0, 0), u32(0xffffffff));
    await again(peer, Buffer.alloc(65_536, 0x41));
  }),
  afterHandshake('has cut texts without end', (peer) => again(peer, heap(Buffer.concat([Buffer.of(3, 0, 0, 0), text('x'.repeat(1000))])))),
  afterHandshake('rings its bell without end', (peer) => again(peer, Buffer.alloc(65_536, 2))),
  afterHandshake('has colour maps without end', (peer) => again(peer, heap(Buffer.concat([Buffer.of(1, 0), u16(0, 100), Buffer.alloc(600)])))),
  afterHandshake('uses an encoding that was not offered', (peer) => peer.send(update([rectangle(7, 0, 0, WIDTH, HEIGHT, Buffer.alloc(64))]))),
  afterHandshake('paints outside of its screen', (peer) => peer.send(update([flat(WIDTH - 1, 0, 2, 1, 7)]))),
  afterHandshake('says a message that there is not', (peer) => peer.send(Buffer.of(200, 1, 2, 3))),
  afterHandshake('stops in the middle of a rectangle', (peer) => peer.send(update([flat(0, 0, 64, 64, 7).subarray(0, 500)]))),
  afterHandshake('says nothing any more', () => {}),
];

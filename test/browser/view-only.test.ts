// All that a client of the protocol can send, sent by one made by hand: with a view-only link nothing of it changes the desktop, and
// with a full one it does. Judged by the desktop's picture and size, and by what its page has seen.
import { once } from 'node:events';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { Picture } from '../../src/rfb/picture.ts';
import { joinScreen, openLink, type Visit } from '../support/gateway-visitor.ts';
import { novncMessages } from '../support/novnc-messages.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { type PageServer, settledReport, startPageServer } from '../support/page-server.ts';
import { difference } from '../support/pictures.ts';
import { takeScreen } from '../support/screen.ts';

const CLIENT = '111.222.333-44';
const PATIENCE = { timeout: 15_000, interval: 50 };
const CONTROL = 0xffe3;
const END = 0xff57;

const installation = ownInstallation();
const novnc = await novncMessages();
let server: PageServer;
let desktop: UpReport;
let full: Visit;
let viewOnly: Visit;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  desktop = await installation.up(CLIENT, '--recreate', '--size', '800x600', '--url', server.formPage);
  await installation.daemon('127.0.0.1:0');
  full = await openLink((await installation.share(CLIENT)).url);
  viewOnly = await openLink((await installation.share(CLIENT, '--view-only')).url);
});

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const tap = (keysym: number): Buffer[] => [true, false].map((down) => novnc.key(keysym, down));
const type = (text: string): Buffer[] => [...text].flatMap((letter) => tap(letter.charCodeAt(0)));
const withControl = (letter: string): Buffer[] => [novnc.key(CONTROL, true), ...type(letter), novnc.key(CONTROL, false)];

/** How a client begins: with QEMU's keys, far buttons, sizes, fences, continuous updates, and texts of any script in the clipboard. */
const BEGIN = [novnc.pixelFormat(), novnc.encodings([0, -258, -316, -308, -312, -313, 0xc0a1e5ce]), novnc.clipboardCaps(), novnc.updateRequest()];
const DOES = {
  keys: type('k'),
  qemuKeys: [novnc.qemuKey(0x71, true, 0x10), novnc.qemuKey(0x71, false, 0x10)],
  pointer: [novnc.pointer(300, 400, 0), novnc.pointer(310, 410, 0)],
  farButtons: [novnc.longPointer(320, 400, 0x80), novnc.longPointer(330, 410, 0)],
  clipboard: [novnc.cutText('theirs')],
  offer: [novnc.clipboardNotify(), novnc.clipboardProvide('theirs')],
  size: [novnc.desktopSize(640, 480)],
};
/** What Xvnc does not know, and would hang up at. */
const STRANGE = [
  ...[2, 3, 4].map((operation) => novnc.xvp(operation)),
  hex('fd81 0002 0001'),
  Buffer.concat([hex('fd82 0038'), Buffer.alloc(56, 5)]),
  hex('fd80 0018 18 0a 0000 00000001 00000000 00000002 00000064 00000064'),
];
/** About pictures, and about nothing else. */
const HARMLESS = [novnc.continuousUpdates(), novnc.fence('held'), novnc.continuousUpdates(false), novnc.fence('held again'), novnc.updateRequest(false)];

/** Joins the screen and speaks without listening; what was sent has arrived when the desktop answers. */
async function speak(visit: Visit, ...messages: Buffer[]): Promise<WebSocket> {
  const socket = joinScreen(visit);
  await once(socket, 'open');
  // The handshake (RFC 6143, section 7.1): version, no security, shared.
  for (const message of [Buffer.from('RFB 003.008\n'), Buffer.of(1), Buffer.of(1), ...BEGIN, ...messages]) socket.send(message);
  return socket;
}

const settled = () => settledReport(server);
const screen = (): Promise<Picture> => takeScreen(installation.container(desktop.container), desktop.url);
const fieldHolds = (text: string): Promise<void> => vi.waitFor(() => expect(server.report?.text).toBe(text), PATIENCE);

/** The form's field holds `mine`, and so does the clipboard. */
async function copyMine(): Promise<void> {
  const person = await speak(full, ...withControl('a'), ...type('mine'), ...withControl('a'), ...withControl('c'), ...tap(END));
  await fieldHolds('mine');
  person.terminate();
}

test('with a view-only link, all that a client can send changes nothing', async () => {
  await copyMine();
  const [report, picture] = [await settled(), await screen()];
  const client = await speak(viewOnly, ...HARMLESS, ...Object.values(DOES).flat(), ...STRANGE, ...HARMLESS);
  // Behind all of it, a fence that the desktop sends back.
  client.send(novnc.fence('the end'));
  let heard = '';
  client.on('message', (data) => (heard += (data as Buffer).toString('latin1')));
  await vi.waitFor(() => expect(heard).toContain('the end'), PATIENCE);
  expect(await settled()).toMatchObject({ load: report.load, text: 'mine', events: report.events });
  const after = await screen();
  expect([after.width, after.height]).toEqual([800, 600]);
  expect(difference(after, picture, { tolerance: 0 })).toBe(0);
  expect(client.readyState).toBe(client.OPEN);
  client.terminate();
  const person = await speak(full, ...withControl('v'));
  await fieldHolds('minemine');
  person.terminate();
});

test.each([7, 100, 249, 254])('with a view-only link, a message of the unknown type %i ends the connection', async (messageType) => {
  const report = await settled();
  const client = await speak(viewOnly, Buffer.of(messageType), ...DOES.keys);
  expect(await once(client, 'close')).toEqual([1008, expect.anything()]);
  expect(await settled()).toMatchObject({ load: report.load, text: report.text, events: report.events });
});

describe('with a full link', () => {
  test.each([
    ['keys', DOES.keys, 'k'],
    ["keys by QEMU's extension", DOES.qemuKeys, 'q'],
  ])('%s are typed', async (_name, messages, text) => {
    const before = await screen();
    const client = await speak(full, ...withControl('a'), ...messages);
    await fieldHolds(text);
    await vi.waitFor(async () => expect(difference(await screen(), before)).toBeGreaterThan(0), PATIENCE);
    client.terminate();
  });

  test.each([
    ['a pointer', DOES.pointer],
    ['a pointer with far buttons', DOES.farButtons],
  ])('%s moves', async (_name, messages) => {
    const { events } = await settled();
    const client = await speak(full, ...messages);
    await vi.waitFor(() => expect(server.report?.events).toBeGreaterThan(events), PATIENCE);
    client.terminate();
  });

  test.each([
    ['a text', DOES.clipboard],
    ['the offer of a text of any script', DOES.offer],
  ])('%s takes the place of what was in the clipboard', async (_name, messages) => {
    await copyMine();
    const client = await speak(full, ...messages, ...withControl('v'));
    await vi.waitFor(() => {
      // Asked for when it is pasted.
      client.send(novnc.clipboardProvide('theirs'));
      expect(server.report?.text).toBe('minetheirs');
    }, PATIENCE);
    client.terminate();
  });

  test('another size is taken', async () => {
    const client = await speak(full, ...DOES.size);
    await vi.waitFor(async () => expect(await screen()).toMatchObject({ width: 640, height: 480 }), PATIENCE);
    client.terminate();
  });
});

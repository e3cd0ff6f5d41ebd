// What a person copies in a desktop reaches viewers with a full link and no viewer with a view-only one, since the VNC server itself
// is told by a second password that this viewer may only look: it takes no input from such a connection either.
import type Docker from 'dockerode';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { viewOnlySecret } from '../../src/core/view-only.ts';
import type { ByteStream } from '../../src/rfb/byte-stream.ts';
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import { connectTcp } from '../../src/rfb/tcp-stream.ts';
import { ownChromium } from '../support/chromium.ts';
import { connectScreen, openLink, type Visit } from '../support/gateway-visitor.ts';
import { novncMessages } from '../support/novnc-messages.ts';
import { ownInstallation, runInContainer, type UpReport } from '../support/own-installation.ts';
import { type PageServer, settledReport, startPageServer } from '../support/page-server.ts';
import { point, typeText } from '../support/rfb-input.ts';
import { noticeIn, waitForState } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const PATIENCE = { timeout: 15_000, interval: 50 };
const CONTROL = 0xffe3;
const EXTENDED_CLIPBOARD = 0xc0a1e5ce;
const CUT_TEXT = 3;
/** In the first byte of a message of the extended clipboard. */
const CAPS = 1;
const FENCE = 248;

const installation = ownInstallation();
const chromium = ownChromium();
const novnc = await novncMessages();
let server: PageServer;
let desktop: UpReport;
let container: Docker.Container;
let secret: string;
let full: Visit;
let viewOnly: Visit;
const open = new Set<ByteStream>();

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  desktop = await installation.up(CLIENT, '--recreate', '--size', '800x600', '--url', server.formPage);
  container = installation.container(desktop.container);
  secret = /^VNC_SECRET=(.*)$/m.exec((await container.inspect()).Config.Env.join('\n'))?.[1] ?? '';
  await installation.daemon('127.0.0.1:0');
  full = await openLink((await installation.share(CLIENT)).url);
  viewOnly = await openLink((await installation.share(CLIENT, '--view-only')).url);
});
afterEach(() => {
  for (const stream of open) stream.close();
  open.clear();
});

async function join(connected: Promise<ByteStream>, password?: string): Promise<ByteStream> {
  const stream = await connected;
  open.add(stream);
  await authenticate(stream, { secret: password });
  await initialise(stream);
  return stream;
}

/** Asks for no pictures, so that all it hears are clipboards and the fences that it asks for. */
async function listen(visit: Visit, encodings: readonly number[]): Promise<{ cutTexts(): Promise<string[]> }> {
  const stream = await join(connectScreen(visit));
  stream.write(novnc.encodings([0, -312, ...encodings]));
  if (encodings.includes(EXTENDED_CLIPBOARD)) stream.write(novnc.clipboardCaps());
  return {
    /** What was heard until the desktop has answered. */
    async cutTexts() {
      stream.write(novnc.fence('so far'));
      const texts: string[] = [];
      for (;;) {
        const [type] = await stream.read(1);
        if (type === CUT_TEXT) {
          const length = (await stream.read(7)).readInt32BE(3);
          const bytes = await stream.read(Math.abs(length));
          // What the server's extension can do tells nothing of any text.
          if (length >= 0 || (bytes.readUInt8(0) & CAPS) === 0) texts.push(bytes.toString('latin1'));
        } else if (type === FENCE) {
          const head = await stream.read(8);
          const payload = await stream.read(head.readUInt8(7));
          // One that asks is the server's own.
          if (payload.toString() === 'so far' && head.readUInt32BE(3) < 0x80000000) return texts;
        } else throw new Error(`a message of type ${type} was not asked for`);
      }
    },
  };
}

const withControl = (stream: ByteStream, letter: string): void => {
  stream.write(novnc.key(CONTROL, true));
  typeText(stream, letter);
  stream.write(novnc.key(CONTROL, false));
};

/** A person copies the text in the page of the desktop. */
async function copy(text: string): Promise<void> {
  const person = await join(connectScreen(full));
  withControl(person, 'a');
  typeText(person, text);
  await vi.waitFor(() => expect(server.report?.text).toBe(text), PATIENCE);
  withControl(person, 'a');
  withControl(person, 'c');
  // Answered after the keys.
  person.write(novnc.encodings([0, -312]));
  person.write(novnc.fence('copied'));
}

test.each([
  ['as plain text', []],
  ['by the extended clipboard', [EXTENDED_CLIPBOARD]],
])('what a person copies, told %s, reaches a full viewer and no view-only one', async (_name, encodings) => {
  const [all, onlyLooks] = [await listen(full, encodings), await listen(viewOnly, encodings)];
  await Promise.all([all.cutTexts(), onlyLooks.cutTexts()]);
  await copy(`secret ${encodings.length}`);
  const heard: string[] = [];
  await vi.waitFor(async () => {
    heard.push(...(await all.cutTexts()));
    expect(heard).not.toEqual([]);
  }, PATIENCE);
  if (encodings.length === 0) expect(heard).toContain('secret 0');
  expect(await onlyLooks.cutTexts()).toEqual([]);
});

test('what is in the clipboard already is not told to a view-only viewer that comes, nor that there is something', async () => {
  await copy('from before');
  const late = await listen(viewOnly, [EXTENDED_CLIPBOARD]);
  expect(await late.cutTexts()).toEqual([]);
});

test('the desktop takes no key and no pointer from a connection with the view-only password, whatever is written to it', async () => {
  const address = Object.values((await container.inspect()).NetworkSettings.Networks)[0]?.IPAddress ?? '';
  const dial = (password: string): Promise<ByteStream> => join(connectTcp(address, 5900, { signal: AbortSignal.timeout(20_000) }), password);
  const before = await settledReport(server);
  const onlyLooks = await dial(viewOnlySecret(secret));
  point(onlyLooks, 300, 400);
  typeText(onlyLooks, 'x');
  onlyLooks.write(novnc.encodings([0, -312]));
  onlyLooks.write(novnc.fence('taken'));
  expect((await onlyLooks.read(1)).readUInt8(0)).toBe(FENCE);
  expect(await settledReport(server)).toMatchObject({ load: before.load, text: before.text, events: before.events });
  const person = await dial(secret);
  withControl(person, 'a');
  typeText(person, 'y');
  await vi.waitFor(() => expect(server.report?.text).toBe('y'), PATIENCE);
});

test('a desktop of before there was such a password is not shown to a view-only viewer, whose page says so, and is to a full one', async () => {
  // The first of two: what an image of before wrote.
  await runInContainer(container, 'sh', '-c', 'cp /tmp/vncctl/passwd /tmp/both && head -c 8 /tmp/both > /tmp/vncctl/passwd');
  await expect(join(connectScreen(viewOnly))).rejects.toThrow('closed with 1008: the desktop can not be shown view-only');
  const state = async ({ page, headers }: Visit): Promise<unknown> => (await fetch(`${page}state`, { headers })).json();
  expect(await state(viewOnly)).toMatchObject({ status: 'no-view-only' });
  expect(await state(full)).toMatchObject({ status: 'ready' });
  await join(connectScreen(full));
  const tab = await chromium.freshTab();
  await tab.page.goto((await installation.share(CLIENT, '--view-only')).url);
  await waitForState(tab.page, 'no-view-only');
  expect(await noticeIn(tab.page)).toContain('--recreate');
  await runInContainer(container, 'sh', '-c', 'cat /tmp/both > /tmp/vncctl/passwd');
  await waitForState(tab.page, 'connected');
  expect(await state(viewOnly)).toMatchObject({ status: 'ready' });
});

// VNC clients of Debian that know nothing of vncctl, joined to a kiosk through the gateway: each shows it, and what is typed into one
// arrives. No password is given to any of them, so one that is asked for it would show no kiosk.
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openLink } from '../support/gateway-visitor.ts';
import { ownInstallation, type UpReport } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { isShownIn } from '../support/pictures.ts';
import { takeScreen } from '../support/screen.ts';
import { startVncPort } from '../support/vnc-port.ts';
import { startXDisplay, type XDisplay } from '../support/x-display.ts';

const CLIENT = '111.222.333-44';
const SIZE = { width: 800, height: 600 };
const PATIENCE = { timeout: 30_000, interval: 200 };

const installation = ownInstallation();
let server: PageServer;
let desktop: UpReport;
let display: XDisplay;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  desktop = await installation.up(CLIENT, '--recreate', '--size', `${SIZE.width}x${SIZE.height}`, '--url', server.formPage);
  await installation.daemon('127.0.0.1:0');
  display = await startXDisplay({ width: 1000, height: 700 });
});
afterEach(() => display.clear());

/** A port at which clients find the desktop. */
async function portOf(...flags: string[]): Promise<number> {
  return startVncPort(await openLink((await installation.share(CLIENT, ...flags)).url));
}

interface Program {
  name: string;
  start(port: number): void;
  /** Each another text. */
  text: string;
}

const TIGER: Program = {
  name: 'TigerVNC',
  start: (port) => display.start('/usr/bin/xtigervncviewer', '-FullScreen=1', '-RemoteResize=0', '-AlertOnFatalError=0', `127.0.0.1::${port}`),
  text: 'ação é 42 €',
};
const OTHERS: Program[] = [
  { name: 'TightVNC', start: (port) => display.start('/usr/bin/xtightvncviewer', `127.0.0.1::${port}`), text: 'coração à 5 €' },
  // Sends the places of keys, not what is on them (QEMU's extension), and knows those of an American keyboard.
  { name: 'gtk-vnc', start: (port) => display.start('/usr/bin/gvncviewer', `127.0.0.1:${port - 5900}`), text: 'places of keys' },
];

async function showsTheDesktop(): Promise<void> {
  await vi.waitFor(async () => expect(isShownIn(await takeScreen(installation.container(desktop.container), desktop.url), await display.picture())).toBe(true), PATIENCE);
}

test.each([TIGER, ...OTHERS])('the viewer of $name shows the desktop, and what is typed into it arrives', async ({ start, text }) => {
  start(await portOf());
  await showsTheDesktop();
  await display.type(text);
  await vi.waitFor(() => expect(server.report?.text).toContain(text), PATIENCE);
});

test('with a view-only link such a viewer shows the desktop, and what is typed into it does not arrive', async () => {
  TIGER.start(await portOf('--view-only'));
  await showsTheDesktop();
  const before = server.report;
  await display.type('nothing of this');
  // The page has reported many times since.
  await vi.waitFor(() => expect((server.report?.count ?? 0) - (before?.count ?? 0)).toBeGreaterThan(20), PATIENCE);
  expect(server.report).toMatchObject({ load: before?.load, text: before?.text });
});

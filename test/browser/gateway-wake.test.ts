// The link of a desktop that is paused or stopped: opening it is all that it takes, and the page says what happens.
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ownChromium, type RecordedTab } from '../support/chromium.ts';
import { comesTrue } from '../support/eventually.ts';
import { connectScreen, openLink } from '../support/gateway-visitor.ts';
import { type OwnDaemon, ownInstallation, type UpReport } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { noticeIn, openDesktop, waitForState } from '../support/viewer.ts';

const CLIENT = '111.222.333-44';
const installation = ownInstallation();
const chromium = ownChromium();
let server: PageServer;
let desktop: UpReport;
let daemon: OwnDaemon;
let link: string;
const tabs: RecordedTab[] = [];

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
  desktop = await installation.up(CLIENT, '--recreate', '--url', server.formPage);
  daemon = await installation.daemon('127.0.0.1:0');
});
beforeEach(async () => {
  link = (await installation.share(CLIENT)).url;
});

// An open page would wake the desktop of the next test.
afterEach(async () => {
  for (const { context } of tabs.splice(0)) await context.close();
});

async function freshPage(): Promise<Page> {
  const tab = await chromium.freshTab();
  tabs.push(tab);
  return tab.page;
}

/** What is typed arrives in the kiosk, so it runs, and is joined. */
async function isAlive(page: Page): Promise<void> {
  await vi.waitFor(
    async () => {
      await page.keyboard.press('Control+a');
      await page.keyboard.type('w');
      expect(server.report?.text).toBe('w');
    },
    { timeout: 30_000, interval: 100 },
  );
  await page.keyboard.press('Backspace');
}

/** Everything the notice says from now on, each state once. */
async function recordNotice(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript({
    content: `addEventListener('DOMContentLoaded', () => {
      window.said = [];
      new MutationObserver(() => {
        const text = document.documentElement.dataset.state + ': ' + document.getElementById('notice').innerText.replace(/\\s+/g, ' ');
        if (window.said.at(-1) !== text) window.said.push(text);
      }).observe(document.documentElement, { attributes: true, subtree: true, childList: true, characterData: true });
    });`,
  });
  return () => page.evaluate('window.said');
}

test('a paused desktop wakes when its link is opened, with all that was in it', async () => {
  const before = await freshPage();
  await openDesktop(before, link);
  await isAlive(before);
  const load = server.report?.load;
  await before.context().close();
  await installation.container(desktop.container).pause();

  const page = await freshPage();
  const said = await recordNotice(page);
  await openDesktop(page, link);
  expect(await said()).toEqual(expect.arrayContaining([expect.stringMatching(/^(paused: The desktop is paused|waking: The desktop is waking up)/)]));
  await isAlive(page);
  expect(server.report?.load).toBe(load);
});

test('a desktop that is paused behind an open page says so, and wakes at the press of a button', async () => {
  const page = await freshPage();
  await openDesktop(page, link);
  await installation.container(desktop.container).pause();
  // As if the tab was looked at again: the page asks how the desktop stands.
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await waitForState(page, 'paused');
  await page.getByRole('button', { name: 'Wake it up' }).click();
  await waitForState(page, 'connected');
  await isAlive(page);
});

// Before those that start it: what a start was promised stays its own for a minute.
test('a stopped desktop is not started by a click on a host without memory: the page says so, and goes on once there is some', async () => {
  const reserve = async (...command: string[]): Promise<void> => {
    const changes = (): number => daemon.log().split('setting reserveMemory changed').length;
    const before = changes();
    await installation.vncctl('config', ...command);
    daemon.reload();
    await comesTrue('the daemon knows', () => changes() > before);
  };
  await installation.container(desktop.container).stop();
  await reserve('set', 'reserveMemory', '100000g');
  const page = await freshPage();
  await page.goto(link);
  await waitForState(page, 'no-room');
  expect(await noticeIn(page)).toMatch(/^There is no room for the desktop now\s+It is stopped, and other desktops use the memory that it needs to start\. This page keeps trying\.\s+Try now$/);
  expect((await installation.container(desktop.container).inspect()).State.Status).toBe('exited');
  await reserve('unset', 'reserveMemory');
  await waitForState(page, 'connected');
  await isAlive(page);
});

test('a stopped desktop is started when its link is opened, and the page says so', async () => {
  await installation.container(desktop.container).stop();
  const page = await freshPage();
  const said = await recordNotice(page);
  await openDesktop(page, link);
  expect(await said()).toEqual(expect.arrayContaining([expect.stringMatching(/^stopped: The desktop is stopped It starts again as soon as this page connects/)]));
  await isAlive(page);
});

test('while a desktop is started for a viewer, whoever asks is told how long that took so far', async () => {
  await installation.container(desktop.container).stop();
  const visit = await openLink(link);
  const told: { status: string; phaseMs?: Record<string, number> }[] = [];
  const screen = connectScreen(visit);
  await comesTrue('the step is told', async () => {
    told.push((await (await fetch(`${visit.page}state`, { headers: visit.headers })).json()) as (typeof told)[number]);
    return told.at(-1)?.phaseMs?.['start'] !== undefined;
  });
  expect(told.map(({ status }) => status)).toContain('starting');
  (await screen).close();
});

// The dashboard in a real browser, before the real API on a fake engine: what a person can do and read in it, whoever they are, and
// that two hundred desktops are no burden.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type RecordedTab, ownChromium } from '../support/chromium.ts';
import { createDashboardStand, type DashboardStand } from '../support/dashboard-stand.ts';
import { flatPicture } from '../support/pictures.ts';
import { ANA, clients, exampleEntry } from '../support/test-desktops.ts';

const chromium = ownChromium();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NAME = `vnc_${ANA}`;
const MASKED = '111.***.***-35';

/** A browser that has opened a link, and sees the page. */
async function signedIn(stand: DashboardStand, options: BrowserContextOptions & { viewOnly?: boolean } = {}): Promise<RecordedTab> {
  const { viewOnly, ...rest } = options;
  const tab = await chromium.freshTab(rest);
  await tab.page.goto(await stand.link(viewOnly ? 'view-only' : 'full'));
  await tab.page.locator('header.top').waitFor();
  return tab;
}

const rowOf = (page: Page, id: string) => page.locator(`tr[data-desktop="${id}"]`);

/** What axe finds wrong with the page as it is. */
async function violations(page: Page): Promise<string[]> {
  // The policy of the page lets no script in by a tag; the browser's own console may.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const found = await axe.run({ resultTypes: ['violations'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
}

/** How long each task of the page's main thread keeps the processor: unlike the time that passes, it doesn't depend on who else uses the machine. */
async function recordTasks({ page, context }: RecordedTab): Promise<{ end(): Promise<number[]> }> {
  const browser = context.browser() ?? expect.unreachable();
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', '__metadata'] });
  return {
    async end() {
      const { traceEvents } = JSON.parse((await browser.stopTracing()).toString('utf8')) as { traceEvents: { name: string; pid: number; tid: number; tdur?: number; args?: { name?: string } }[] };
      const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`);
      return traceEvents.flatMap(({ name, pid, tid, tdur }) => (name === 'RunTask' && tdur !== undefined && threads.includes(`${pid} ${tid}`) ? [tdur / 1000] : []));
    },
  };
}

test('the ticket is out of the address once it is used; who comes without one is told what to type', async () => {
  const stand = await createDashboardStand();
  const { page, complaints, context } = await signedIn(stand);
  expect(page.url()).toBe(`${stand.origin}/`);
  await page.reload();
  await page.locator('header.top').waitFor();
  expect(complaints).toEqual([]);
  const stranger = await chromium.freshTab();
  await stranger.page.goto(`${stand.origin}/`);
  await stranger.page.getByText('vncctl dashboard').waitFor();
  expect(await violations(stranger.page)).toEqual([]);
  await stranger.context.close();
  await context.close();
});

test('a client is hidden until somebody asks', async () => {
  const stand = await createDashboardStand();
  await stand.api.up();
  const { page, context } = await signedIn(stand);
  const client = page.getByRole('button', { name: MASKED, exact: true });
  await client.click();
  await page.getByRole('button', { name: '111.444.777-35', exact: true }).click();
  await client.waitFor();
  await context.close();
});

test('nothing is asked of any other host, and nothing breaks the policy of the page', async () => {
  const stand = await createDashboardStand();
  await stand.api.up();
  const { page, requests, complaints, context } = await signedIn(stand);
  for (const view of ['Wall', 'Events', 'Desktops']) await page.getByRole('link', { name: view, exact: true }).click();
  await page.getByRole('button', { name: 'New desktop' }).click();
  await page.getByRole('radio').first().waitFor();
  expect(requests.filter((url) => !url.startsWith(stand.origin) && !url.startsWith(`blob:${stand.origin}`))).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('what one browser does another sees within a second', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const [one, other] = [await signedIn(stand), await signedIn(stand)];
  await rowOf(other.page, desktop.id).getByText('Ready').waitFor();
  await rowOf(one.page, desktop.id).getByRole('button', { name: 'Pause' }).click();
  await expect.poll(() => stand.api.engine.world.get(NAME).state, { interval: 5 }).toBe('paused');
  await rowOf(other.page, desktop.id).getByText('Paused').waitFor({ timeout: 1_000 });
  await rowOf(other.page, desktop.id).getByRole('button', { name: 'Wake' }).click();
  await expect.poll(() => stand.api.engine.world.get(NAME).state, { interval: 5 }).toBe('running');
  await rowOf(one.page, desktop.id).getByText('Ready').waitFor({ timeout: 1_000 });
  await one.context.close();
  await other.context.close();
});

test('a removal can be taken back; one that was not is sent when its ten seconds are over', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const { page, context } = await signedIn(stand);
  await page.clock.install();
  const remove = async (): Promise<void> => {
    await rowOf(page, desktop.id).locator('summary').click();
    await rowOf(page, desktop.id).getByRole('button', { name: 'Remove' }).click();
  };
  await remove();
  await page.clock.fastForward(9_000);
  await rowOf(page, desktop.id).getByRole('button', { name: 'Undo' }).click();
  await page.clock.fastForward(20_000);
  await rowOf(page, desktop.id).getByText('Ready').waitFor();
  expect(stand.api.engine.world.get(NAME).state).toBe('running');
  await remove();
  await page.clock.fastForward(9_900);
  expect(stand.api.engine.world.get(NAME).state).toBe('running');
  await page.clock.fastForward(200);
  await expect.poll(() => stand.api.engine.world.all.length).toBe(0);
  await page.clock.runFor(1_000);
  await page.getByText('There are no desktops yet.').waitFor();
  await context.close();
});

test('a removal is sent at once when its page is closed', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const { page, context } = await signedIn(stand);
  await rowOf(page, desktop.id).locator('summary').click();
  await rowOf(page, desktop.id).getByRole('button', { name: 'Remove' }).click();
  await rowOf(page, desktop.id).getByRole('button', { name: 'Undo' }).waitFor();
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => stand.api.engine.world.all.length, { timeout: 5_000 }).toBe(0);
  await context.close();
});

test('a desktop is made of what the form says; a mistake is told in it', async () => {
  const stand = await createDashboardStand({ entries: [exampleEntry(), exampleEntry({ key: 'other', title: 'Other', description: 'another one' })] });
  const { page, context } = await signedIn(stand);
  await page.getByRole('button', { name: 'New desktop' }).click();
  await page.getByRole('dialog').getByLabel('Client').fill('12');
  await page.getByRole('radio', { name: /Other/ }).check();
  await page.getByLabel('Size').fill('800x600');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('alert').getByText('"12"').waitFor();
  await page.getByRole('dialog').getByLabel('Client').fill('111.444.777-35');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText(`The desktop of ${MASKED} can be opened.`).waitFor();
  expect(stand.api.engine.world.get(NAME).spec.env).toMatchObject({ WIDTH: '800', HEIGHT: '600' });
  expect(await page.getByRole('dialog').count()).toBe(0);
  await context.close();
});

test('a share is made, shown once, and can be copied', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const { page, context } = await signedIn(stand, { permissions: ['clipboard-read', 'clipboard-write'] });
  await rowOf(page, desktop.id).locator('summary').click();
  await rowOf(page, desktop.id).getByRole('button', { name: 'Share' }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const link = await page.getByLabel('Link', { exact: true }).inputValue();
  expect(link).toContain(`/d/${desktop.id}/#ticket=`);
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(link);
  expect(stand.api.tickets).toMatchObject([{ kind: 'share', mode: 'view-only' }]);
  await context.close();
});

test('whoever may only look is offered nothing else', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const { page, context } = await signedIn(stand, { viewOnly: true });
  await rowOf(page, desktop.id).getByText('Ready').waitFor();
  await page.getByText('View only').waitFor();
  expect(await rowOf(page, desktop.id).getByRole('button').allTextContents()).toEqual([MASKED]);
  expect(await page.getByRole('button', { name: 'New desktop' }).count()).toBe(0);
  await context.close();
});

test('a sign-in that is taken back leaves the page with nothing', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const { page, context } = await signedIn(stand);
  await stand.tickets.update((present) => ({ tickets: present.map((ticket) => ({ ...ticket, revokedAt: new Date().toISOString() })), result: undefined }));
  await page.getByText('You are not signed in').waitFor({ timeout: 20_000 });
  expect(await rowOf(page, desktop.id).count()).toBe(0);
  await context.close();
});

test('the wall shows the screens so many to a page, and each anew within its five seconds', async () => {
  const stand = await createDashboardStand();
  const ids = [];
  for (const client of clients(6)) ids.push((await stand.api.up({ client })).desktop.id);
  for (const id of ids) stand.screens.set(id, flatPicture(320, 180, 0x336699));
  const { page, context } = await signedIn(stand);
  await page.getByRole('link', { name: 'Wall' }).click();
  await expect.poll(() => page.locator('figure img').count()).toBe(4);
  await page.getByText('Page 1 of 2').waitFor();
  const first = page.locator('figure').first().locator('img');
  const firstId = await page.locator('figure').first().getAttribute('data-desktop');
  const shown = ids.find((id) => id === firstId);
  const before = await first.getAttribute('src');
  if (shown) stand.screens.set(shown, flatPicture(320, 180, 0xcc3300));
  await expect.poll(() => first.getAttribute('src'), { timeout: 7_000 }).not.toBe(before);
  await page.getByRole('button', { name: 'Page after' }).click();
  await expect.poll(() => page.locator('figure img').count()).toBe(2);
  await page.getByRole('button', { name: '9', exact: true }).click();
  await expect.poll(() => page.locator('figure img').count()).toBe(6);
  await context.close();
});

test.each([
  ['light', 'en-US', { width: 1280, height: 720 }],
  ['dark', 'pt-BR', { width: 1280, height: 720 }],
  ['light', 'pt-BR', { width: 390, height: 844 }],
  ['dark', 'en-US', { width: 390, height: 844 }],
] as const)('axe finds nothing wrong in %s, %s, %j: list, menu, dialogs, wall and events', async (colorScheme, locale, viewport) => {
  const stand = await createDashboardStand();
  const ids = [];
  for (const client of [ANA, ...clients(2)]) ids.push((await stand.api.up({ client })).desktop.id);
  await stand.api.engine.containers.pause(stand.api.engine.world.get(NAME).id);
  stand.api.journal.events.push({ at: new Date().toISOString(), event: 'created', desktop: ids[0] ?? expect.unreachable(), cause: 'up' });
  const { page, context } = await signedIn(stand, { colorScheme, locale, viewport });
  await page.locator('tr[data-desktop]').first().waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page is no wider than its window').toBe(true);
  const row = rowOf(page, ids[0] ?? '');
  await row.locator('summary').click();
  expect(await violations(page)).toEqual([]);
  await row.locator('.menu-items button').first().click();
  await page.getByRole('dialog').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.locator('header .primary').click();
  await page.getByRole('radio').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.locator('nav a').nth(1).click();
  await page.locator('figure img').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.locator('nav a').nth(2).click();
  await page.locator('.events li').waitFor();
  expect(await violations(page)).toEqual([]);
  await context.close();
});

test('everything can be done by the keyboard: a menu opens, closes with Escape, and gives the focus back', async () => {
  const stand = await createDashboardStand();
  const { desktop } = await stand.api.up();
  const { page, context } = await signedIn(stand);
  const summary = rowOf(page, desktop.id).locator('summary');
  await summary.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Share');
  await page.keyboard.press('Escape');
  expect(await rowOf(page, desktop.id).locator('details').getAttribute('open')).toBeNull();
  expect(await page.evaluate('document.activeElement.localName')).toBe('summary');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await context.close();
});

test('two hundred desktops: no task of the page takes longer than 100 ms, through news, figures and a search', async () => {
  const stand = await createDashboardStand();
  const ids = [];
  for (const client of clients(200)) ids.push((await stand.api.up({ client })).desktop.id);
  const tab = await chromium.freshTab();
  const tasks = await recordTasks(tab);
  await tab.page.goto(await stand.link());
  await expect.poll(() => tab.page.locator('tr[data-desktop]').count(), { timeout: 10_000 }).toBe(200);
  for (const id of ids.slice(0, 5)) {
    await stand.api.engine.containers.pause(stand.api.engine.world.all.find(({ spec }) => Object.values(spec.labels).includes(id))?.id ?? expect.unreachable());
    stand.api.server.publish('changed', { by: 'a test' });
    await rowOf(tab.page, id).getByText('Paused').waitFor({ timeout: 1_000 });
  }
  await tab.page.getByRole('searchbox').fill('200');
  await tab.page.getByRole('searchbox').fill('');
  await tab.page.locator(`tr[data-desktop="${ids[7]}"] .graph polyline[points*=","]`).first().waitFor({ state: 'attached', timeout: 8_000 });
  await expect.poll(() => tab.page.locator('tr[data-desktop]').count(), { timeout: 10_000 }).toBe(200);
  const lengths = await tasks.end();
  expect(lengths.length).toBeGreaterThan(100);
  expect(lengths.filter((ms) => ms > 100)).toEqual([]);
  await tab.context.close();
});

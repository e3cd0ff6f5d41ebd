// How a kiosk ends: removed, its page is left and heard to the end; stopped, it also writes down what the page is to find again.
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test, vi } from 'vitest';
import { ownInstallation } from '../support/own-installation.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';

const CLIENT = '444.555.666-07';
const PATIENCE = { timeout: 15_000, interval: 50 };

const installation = ownInstallation();
let server: PageServer;

beforeAll(async () => {
  server = await startPageServer(await installation.prepareNetwork(CLIENT));
});

test('a page that wants to stay is left by rm all the same, and what it says then arrives', async () => {
  const { container } = await installation.up(CLIENT, '--recreate', '--url', server.farewellPage);
  await vi.waitFor(() => expect(server.said).toEqual(['hello ']), PATIENCE);
  const log = await installation.container(container).logs({ follow: true, stdout: true, stderr: true });
  const lines = text(log);
  const exit = installation.container(container).wait();
  expect(await installation.vncctl('rm', CLIENT)).toMatchObject({ code: 0 });
  expect(server.said).toEqual(['hello ', 'farewell']);
  expect(await exit).toMatchObject({ StatusCode: 0 });
  expect(await lines).not.toContain('did not end by itself');
});

test('a kiosk that was stopped has kept the cookie of its page when it is started again', async () => {
  const { container } = await installation.up(CLIENT, '--url', server.farewellPage);
  await vi.waitFor(() => expect(server.said.at(-1)).toBe('hello '), PATIENCE);
  await installation.container(container).stop();
  expect(server.said.at(-1)).toBe('farewell');
  expect(await installation.up(CLIENT)).toMatchObject({ outcome: 'started' });
  await vi.waitFor(() => expect(server.said.at(-1)).toBe('hello kept=yes'), PATIENCE);
});

// A desktop whose VNC server lies, behind a daemon that is asked for its picture: the daemon answers everything else meanwhile, and
// ends when it is told to.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { askSocket, socketOf } from '../support/daemon-api.ts';
import { daemonsOf } from '../support/daemons.ts';
import { ensureLyingImage, LYING_ENTRY, LYING_KEY } from '../support/tiny-image.ts';

const CLIENT = '11144477735';
const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0' } });
const { watching } = daemonsOf(installation, [CLIENT]);
beforeAll(() => ensureLyingImage());

/** With room for a busy machine; without a thread of its own for the picture it is minutes. */
const ANSWERS_WITHIN_MS = 1_000;

test('a picture of a desktop that lies about its screen keeps the daemon from nothing', async () => {
  writeFileSync(join(installation.home, 'config/catalog', `${LYING_KEY}.yaml`), LYING_ENTRY);
  const daemon = await watching();
  const up = await installation.vncctl('up', CLIENT, '--image', LYING_KEY, '--json', '--no-open');
  expect(up.exitCode, up.stderr).toBe(0);
  const { id: desktop } = JSON.parse(up.stdout) as { id: string };
  const socket = socketOf(installation);

  let pending = true;
  const picture = fetchPicture(desktop).finally(() => (pending = false));
  const tookMs: number[] = [];
  do {
    const begunMs = performance.now();
    expect((await askSocket(socket, 'GET', '/api/v1/health')).status).toBe(200);
    tookMs.push(performance.now() - begunMs);
    await sleep(20);
  } while (pending);
  expect(await picture).toBe(204);
  expect(tookMs.length).toBeGreaterThan(1);
  expect(Math.max(...tookMs)).toBeLessThan(ANSWERS_WITHIN_MS);

  // Another is being taken as the daemon is ended.
  await sleep(5_100);
  void fetchPicture(desktop).catch(() => {});
  const begunMs = performance.now();
  const ended = await daemon.stop();
  expect(ended.exitCode).toBe(0);
  expect(performance.now() - begunMs).toBeLessThan(5_000);
});

async function fetchPicture(desktop: string): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socketOf(installation), path: `/api/v1/desktops/${desktop}/screen.png`, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end();
  });
}

// A viewer through the daemon that wishes for a screen which would end its desktop: it gets one as large as the image's entry allows,
// and the desktop goes on.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Framebuffer } from '../../src/rfb/framebuffer.ts';
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import { testInstallation } from '../support/cli.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { connectThroughGateway } from '../support/rfb-viewer.ts';
import { ensureTinyImage, TINY_ENTRY } from '../support/tiny-image.ts';

const CLIENT = '11144477735';
const KEY = 'bounded';
const MAX = { width: 640, height: 480 };
const LIMIT_MS = 20_000;

const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0' } });
const { vncctl } = installation;
const { watching } = daemonsOf(installation, [CLIENT]);
beforeAll(() => ensureTinyImage());

test('a screen of 12000x12000 is asked for, and one of maxSize is got; beyond it --size is refused and changes nothing', async () => {
  writeFileSync(join(installation.home, 'config/catalog', `${KEY}.yaml`), `${TINY_ENTRY}\nmaxSize: 640x480\nvariables: {width: WIDTH, height: HEIGHT}\n`);
  const daemon = await watching();
  const refused = await vncctl('up', CLIENT, '--image', KEY, '--size', '641x480', '--no-open');
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('640x480 at most') as string });
  expect(JSON.parse((await succeeds(vncctl('ls', '--json'))).stdout)).toEqual([]);

  await succeeds(vncctl('up', CLIENT, '--image', KEY, '--no-open', '--json'));
  const { url } = JSON.parse((await succeeds(vncctl('share', CLIENT, '--json'))).stdout) as { url: string };
  const stream = await connectThroughGateway(url, AbortSignal.timeout(LIMIT_MS));
  const late = setTimeout(() => stream.close(), LIMIT_MS);
  onTestFinished(() => {
    clearTimeout(late);
    stream.close();
  });
  await authenticate(stream, {});
  const screen = new Framebuffer(stream, await initialise(stream), 'watching');
  // The server names its screen first.
  screen.request('changes');
  await screen.nextChange();
  for (const [width, height] of [
    [12_000, 12_000],
    [300, 8_192],
    [65_535, 100],
  ] as const) {
    screen.requestSize(width, height);
    let status: number | undefined;
    while (status === undefined) {
      screen.request('changes');
      status = (await screen.nextChange()).resizeStatus;
    }
    expect(status, `${width}x${height}`).toBe(0);
    expect(screen.picture).toMatchObject({ width: Math.min(width, MAX.width), height: Math.min(height, MAX.height) });
  }
  expect(JSON.parse((await succeeds(vncctl('ls', '--json'))).stdout)).toMatchObject([{ client: CLIENT, status: 'ready' }]);
  expect((await daemon.stop()).exitCode).toBe(0);
});

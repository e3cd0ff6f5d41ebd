// Who looks at a real desktop through the daemon: how they come, are told of, and are ended; and what of it stands in the log.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { beforeAll, expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { ensureGuardedImage, GUARDED_ENTRY, GUARDED_KEY, TINY_KEY } from '../support/tiny-image.ts';

const ONE = '11122233344';
const TWO = '22233344455';

const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0' } });
const { vncctl } = installation;
const daemons = daemonsOf(installation, [ONE, TWO]);
const { make } = daemonDesktops(installation);
beforeAll(async () => {
  await ensureGuardedImage();
  writeFileSync(join(installation.home, 'config/catalog', `${GUARDED_KEY}.yaml`), GUARDED_ENTRY);
});

interface Share {
  id: string;
  url: string;
}
const share = async (client: string, ...flags: string[]): Promise<Share> => JSON.parse((await succeeds(vncctl('share', client, '--json', ...flags))).stdout) as Share;

/** A browser that has opened the link: its WebSocket, and how that ends. */
async function look({ url }: Share): Promise<{ headers: Record<string, string>; socket: WebSocket; closed: Promise<number> }> {
  const { origin, pathname, hash } = new URL(url);
  const answer = await fetch(`${origin}${pathname}session`, { method: 'POST', headers: { 'content-type': 'application/json', origin }, body: JSON.stringify({ ticket: hash.slice('#ticket='.length) }) });
  const headers = { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', 'x-vncctl-session': answer.headers.get('x-vncctl-session') ?? '' };
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${pathname}ws`, { headers: { ...headers, origin } });
  const closed = new Promise<number>((resolve, reject) => {
    socket.once('close', resolve);
    socket.once('error', reject);
  });
  closed.catch(() => {});
  await new Promise((resolve) => socket.once('open', resolve));
  return { headers, socket, closed };
}

test('viewers are listed by desktop, and one that leaves is gone; the log tells of both, without their address', async () => {
  const daemon = await daemons.watching();
  const [one, two] = [await make(ONE, '--image', GUARDED_KEY), await make(TWO)];
  const watching = await share(ONE, '--view-only');
  const first = await look(watching);
  const second = await look(await share(TWO));
  const listed = JSON.parse((await succeeds(vncctl('viewers', '--json'))).stdout) as { id: string }[];
  expect(listed).toMatchObject([
    { desktop: one.id, client: ONE, mode: 'view-only', address: '127.0.0.1', lastInputAt: null },
    { desktop: two.id, client: TWO, mode: 'full' },
  ]);
  expect((await succeeds(vncctl('viewers', TWO, '-q'))).stdout).toBe(`${listed[1]?.id}\n`);
  expect((await fetch(new URL('/api/v1/viewers', watching.url))).status).toBe(401);
  await daemon.line({ message: /^a viewer came$/, desktop: one.id });
  first.socket.close();
  const left = await daemon.line({ message: /^a viewer left$/ });
  expect(left).toEqual({ time: expect.any(String), level: 'info', message: 'a viewer left', desktop: one.id, viewer: listed[0]?.id, mode: 'view-only', ticket: watching.id });
  expect((await succeeds(vncctl('viewers', '-q'))).stdout).toBe(`${listed[1]?.id}\n`);
  second.socket.close();
  expect((await daemon.stop()).exitCode).toBe(0);
  expect(daemon.lines().filter((line) => JSON.stringify(line).includes('127.0.0.1')).map(({ message }) => message)).toEqual([expect.stringMatching(/^answering at/)]);
});

test('who is kicked is told by the code of the close and may come back; with --revoke neither they nor the other who has the link', async () => {
  const daemon = await daemons.watching();
  const { id } = await make(ONE);
  const link = await share(ONE);
  const [first, other] = [await look(link), await look(link)];
  const [viewer, second] = (await succeeds(vncctl('viewers', ONE, '-q'))).stdout.split('\n');
  expect((await vncctl('kick', ONE, viewer ?? '', '--json')).stdout).toBe(`${JSON.stringify([{ id: viewer, desktop: id, client: ONE, kicked: true, revoked: false }])}\n`);
  expect(await first.closed).toBe(4001);
  const kicked = await daemon.line({ message: /^a viewer was kicked$/ });
  expect(kicked).toMatchObject({ desktop: id, viewer, mode: 'full' });
  expect(kicked).not.toHaveProperty('ticket');

  const back = await look(link);
  await succeeds(vncctl('kick', ONE, second ?? '', '--revoke'));
  expect(await other.closed).toBe(4001);
  expect(await daemon.line({ message: /^a viewer was kicked$/ }, { after: kicked })).toMatchObject({ viewer: second, ticket: link.id });
  // It came by the same link.
  expect(await back.closed).toBe(1008);
  const state = await fetch(new URL('state', link.url.split('#')[0]), { headers: back.headers });
  expect(state.status).toBe(401);
  expect((await succeeds(vncctl('viewers', '-q'))).stdout).toBe('');
  expect((await daemon.stop()).exitCode).toBe(0);
  expect(daemon.stderr()).not.toContain(new URL(link.url).hash.slice('#ticket='.length));
});

test('a desktop whose server lets everybody have the clipboard is shared view-only by no way, and to others as ever', async () => {
  await daemons.watching();
  const { id } = await make(ONE);
  const refused = await vncctl('share', ONE, '--view-only');
  expect(refused).toMatchObject({ exitCode: 4, stdout: '', stderr: expect.stringContaining('has no view-only password') });
  expect((await succeeds(vncctl('share', 'ls', '-q'))).stdout).toBe('');
  // A link of before its entry lost the field.
  const catalog = join(installation.home, 'config/catalog', `${TINY_KEY}.yaml`);
  const entry = readFileSync(catalog, 'utf8');
  writeFileSync(catalog, `${entry}variables: {secret: VNC_SECRET}\nviewOnly: password\n`);
  const given = await share(ONE, '--view-only');
  writeFileSync(catalog, entry);
  const { headers, closed } = await look(given);
  expect(await closed).toBe(1008);
  const { origin } = new URL(given.url);
  expect(await (await fetch(`${origin}/d/${id}/state`, { headers })).json()).toMatchObject({ status: 'no-view-only' });
  const full = await look(await share(ONE));
  expect(await (await fetch(`${origin}/d/${id}/state`, { headers: full.headers })).json()).toMatchObject({ status: 'ready' });
  full.socket.close();
});

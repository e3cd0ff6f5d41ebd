// What comes as a request and is none, or one that programs stumble over: it is refused in good order, keeps nobody from being
// answered, is no fault of the daemon, and leaves nothing behind.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import { givesBack, holdingsOf, staysHealthy } from '../support/daemon-watch.ts';
import { openLink } from '../support/gateway-visitor.ts';
import { hostileStand } from '../support/hostile-stand.ts';
import { requestGarbage } from '../support/request-garbage.ts';
import { rounds } from '../support/soak.ts';

const ONE = '11122233344';
const SEED = 20_301;
const AT_ONCE = 8;
/** What is silent so long says no more: the daemon waits for the rest of a request, and its own limits are other tests'. */
const SILENT_MS = 150;

const installation = await testInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_DIALECTS: 'browser-fleet' } });
const daemons = daemonsOf(installation, [ONE]);
const { make } = daemonDesktops(installation);

/** Sends some bytes on a connection of their own; resolves with the statuses that were answered. */
function send(port: number, bytes: Buffer): Promise<number[]> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setTimeout(SILENT_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.once('close', () => resolve([...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))));
  });
}

test('a thousand requests of garbage are refused in good order, and leave nothing behind', async () => {
  const stand = await hostileStand(installation, daemons);
  const { daemon, port, share, token, ask } = stand;
  const { id } = await make(ONE);
  const { headers } = await openLink(await share(ONE));
  const bearer = await token('operate');
  const garbage = requestGarbage({
    seed: SEED,
    host: `127.0.0.1:${port}`,
    paths: ['/', '/healthz', '/readyz', '/metrics', '/dashboard', '/websockify?token=a.b', '/api/docs', '/api/openapi.json', '/api/v1/desktops', '/api/v1/events', '/api/v1/shares', '/api/v1/viewers', `/d/${id}/`, `/d/${id}/session`, `/d/${id}/state`, `/d/${id}/keep`, `/d/${id}/ws`, '/d/', '/d/../'],
    headers: [`Authorization: Bearer ${bearer}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)],
  });
  const statuses = new Map<number, number>();
  const some = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent++) {
      const bytes = garbage.next().value;
      for (const status of await send(port, bytes)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500 && status !== 501) throw new Error(`answered with ${status}: ${bytes.toString('latin1').slice(0, 2_000)}`);
      }
    }
  };
  // Loads what is loaded with the first request of its kind.
  await some(100);
  const before = holdingsOf(daemon.pid);
  await staysHealthy(stand, async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, () => some(rounds(1_000, 100_000) / AT_ONCE)));
  });
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404]));
  await givesBack(daemon.pid, before);
  expect(daemon.lines().filter(({ level }) => level === 'error')).toEqual([]);
  // Nothing of it made anything, or became somebody.
  expect((await succeeds(installation.vncctl('ls', '-q'))).stdout.trim().split('\n')).toHaveLength(1);
  expect((await ask('/api/v1/desktops', { authorization: `Bearer ${await token('admin')}` })).status).toBe(200);
});

// Warm desktops on a real engine, each command a process of its own: made, taken by `up`, fought over, and drained.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientNumber, proxiedInstallation } from '../support/cli.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import type { RawContainer } from '../support/engine-api.ts';
import { lookDirectly } from '../support/rfb-viewer.ts';
import { TINY_ENTRY, TINY_KEY } from '../support/tiny-image.ts';

const installation = await proxiedInstallation({ ports: 22, env: { VNCCTL_POOL: `${TINY_KEY}=2` } });
const { up, startUp, vncctl, vncctlWith, api, proxy, network } = installation;
const [ANA, BOB] = [clientNumber(1), clientNumber(2)];

interface Told {
  outcome: string;
  why: string;
  id: string;
  url: string;
  container: string;
  phases: { name: string; ms: number }[];
}

const told = async (command: ReturnType<typeof up>): Promise<Told> => JSON.parse((await succeeds(command)).stdout) as Told;
const idOf = ({ Labels }: RawContainer): string => Labels['io.vncctl.desktop'] ?? '';
const nameOf = ({ Names }: RawContainer): string => (Names[0] ?? '').slice(1);
const members = async (): Promise<RawContainer[]> => (await installation.containers()).filter((container) => nameOf(container).endsWith(`pool_${idOf(container)}`));
const fill = (): Promise<unknown> => succeeds(vncctl('pool', 'fill'));

test('filled by hand, they wait paused, are listed, and are nobody\'s desktops', async () => {
  await fill();
  const warm = await members();
  expect(warm.map(({ State }) => State)).toEqual(['paused', 'paused']);
  const { stdout } = await succeeds(vncctl('pool', 'ls', '--json'));
  expect(JSON.parse(stdout)).toMatchObject({ off: null, wanted: [{ image: TINY_KEY, count: 2, ready: 2, why: null }], members: [{ status: 'ready' }, { status: 'ready' }] });
  expect((await succeeds(vncctl('pool', 'ls', '-q'))).stdout.trim().split('\n').sort()).toEqual(warm.map(idOf).sort());
  expect((await succeeds(vncctl('ls', '--json'))).stdout.trim()).toBe('[]');
  expect((await succeeds(vncctl('reap', '--json'))).stdout.trim()).toBe('[]');
  expect(installation.state().allocations).toEqual({});
  expect((await succeeds(vncctl('pool', 'fill'))).stderr).toContain('nothing to do');
});

test('up takes one: the same container under its client\'s name, with its own secret and port, once', async () => {
  await fill();
  const before = await members();
  const first = await told(up(ANA, '--json'));
  expect(first).toMatchObject({ outcome: 'claimed', why: 'a warm desktop that fits was ready' });
  expect(first.phases.map(({ name }) => name)).toEqual(['look', 'claim', 'wake', 'rfb', 'remember']);
  const all = await installation.containers();
  const claimed = all.find((container) => idOf(container) === first.id);
  expect(claimed).toMatchObject({ Names: [`/${first.container}`], State: 'running' });
  expect(before.map(({ Id }) => Id)).toContain(claimed?.Id);
  expect(all).toHaveLength(2);
  const viewer = await lookDirectly(claimed?.NetworkSettings.Networks[network]?.IPAddress ?? '');
  await viewer.picture();
  expect(await told(up(ANA, '--json'))).toMatchObject({ outcome: 'reused', url: first.url });
  expect(await told(up(BOB, '--json'))).toMatchObject({ outcome: 'claimed' });
  expect(await told(up(clientNumber(3), '--json'))).toMatchObject({ outcome: 'created', why: expect.stringContaining('pool of tiny is empty') as string });
  await succeeds(vncctl('rm', ANA));
  // What was used does not come back.
  expect(await members()).toEqual([]);
});

test('no exec, no upload and no new container on the way of a claim', async () => {
  await fill();
  const before = proxy.log.length;
  await told(up(ANA, '--json'));
  expect(proxy.log.slice(before).map((line) => line.replace(/[0-9a-f]{64}/, 'ID').replace(/\?.*/, '').replace(/_[a-z0-9.-]+/g, '_NAME'))).toEqual([
    ...proxy.log.slice(before, before + 4).map(() => expect.stringMatching(/^GET /) as string),
    ...['GET /containers/ID/json', expect.stringMatching(/^POST \/containers\/vnc_.*\/rename/) as string, 'GET /containers/ID/json'],
    // By the name that another way of naming would have given the client.
    ...['GET /containers/vnc_NAME/json', 'POST /containers/ID/unpause', 'POST /containers/ID/wait', 'GET /containers/ID/json'],
  ]);
});

test('twenty ups at once and a pool of five: five are taken, fifteen made, all different', async () => {
  await succeeds(vncctlWith({ VNCCTL_POOL: `${TINY_KEY}=5` }, 'pool', 'fill'));
  const warm = new Set((await members()).map(idOf));
  expect(warm.size).toBe(5);
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => told(up(clientNumber(index + 1), '--json', '--timeout', '90s'))));
  expect(results.filter(({ outcome }) => outcome === 'claimed').map(({ id }) => id).sort()).toEqual([...warm].sort());
  expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(15);
  expect(new Set(results.map(({ id }) => id)).size).toBe(20);
  expect(new Set(results.map(({ url }) => url)).size).toBe(20);
  expect(await installation.containers()).toHaveLength(20);
  expect(installation.state().reservations).toEqual([]);
});

test('two that want the same warm one do not both get it: whoever comes second finds it in hand', async () => {
  await succeeds(vncctlWith({ VNCCTL_POOL: `${TINY_KEY}=1` }, 'pool', 'fill'));
  const rename = proxy.hold({ method: 'POST', path: /\/rename/, stop: 'request' });
  const first = startUp(ANA, '--json');
  await rename.held;
  const second = await told(up(BOB, '--json'));
  expect(second.outcome).toBe('created');
  rename.release();
  const one = await told(first.finished);
  expect(one.outcome).toBe('claimed');
  expect(one.id).not.toBe(second.id);
});

test('one that was renamed between the look and the claim of another is not taken a second time', async () => {
  await fill();
  const look = proxy.hold({ method: 'GET', path: /^\/containers\/json/, stop: 'answer' });
  const late = startUp(BOB, '--json');
  await look.held;
  const first = await told(up(ANA, '--json'));
  look.release();
  const second = await told(late.finished);
  expect([first.outcome, second.outcome]).toEqual(['claimed', 'claimed']);
  expect(second.id).not.toBe(first.id);
});

test('two ups of one client take one warm desktop and give one link', async () => {
  await fill();
  const [one, two] = await Promise.all([told(up(ANA, '--json')), told(up(ANA, '--json'))]);
  expect(one.url).toBe(two.url);
  expect((await installation.containers()).map(nameOf).sort()).toEqual([one.container, ...(await members()).map(nameOf)].sort());
  expect(await members()).toHaveLength(1);
});

test.each<[string, (lose: () => void) => Promise<Told>]>([
  ['before', async (lose) => (lose(), told(up(ANA, '--json')))],
  [
    'during',
    async (lose) => {
      const rename = proxy.hold({ method: 'POST', path: /\/rename/, stop: 'answer' });
      const running = startUp(ANA, '--json');
      await rename.held;
      lose();
      rename.release();
      return told(running.finished);
    },
  ],
  ['after', async (lose) => told(up(ANA, '--json')).finally(lose)],
])('with the store lost %s the claim, it is its client\'s alone', async (_, claim) => {
  await fill();
  const claimed = await claim(() => rmSync(installation.stateFile, { force: true }));
  expect(claimed.outcome).toBe('claimed');
  expect(await told(up(BOB, '--json'))).toMatchObject({ outcome: 'claimed' });
  expect(await told(up(clientNumber(3), '--json'))).toMatchObject({ outcome: 'created' });
  expect(await told(up(ANA, '--json'))).toMatchObject({ id: claimed.id, url: claimed.url });
  expect((JSON.parse((await vncctl('ls', '--json')).stdout) as unknown[]).length).toBe(3);
});

test('a claimed desktop that got another client\'s name by hand is given to nobody else', async () => {
  await fill();
  const claimed = await told(up(ANA, '--json'));
  await api.call('POST', `/containers/${claimed.container}/rename?name=${claimed.container.replace(ANA, BOB)}`);
  const refused = await up(BOB, '--json');
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain('NAME_TAKEN');
  expect(await told(up(ANA, '--json'))).toMatchObject({ id: claimed.id });
});

test('a changed entry of the catalog drains those of the old key at the next filling, and up takes none of them', async () => {
  await fill();
  const old = (await members()).map(idOf);
  const entry = join(installation.home, 'config/catalog', `${TINY_KEY}.yaml`);
  try {
    writeFileSync(entry, TINY_ENTRY.replace('pids: 64', 'pids: 65'));
    expect(await told(up(ANA, '--json'))).toMatchObject({ outcome: 'created', why: expect.stringContaining('can become what was asked') as string });
    await fill();
    const fresh = (await members()).map(idOf);
    expect(fresh).toHaveLength(2);
    expect(fresh.filter((id) => old.includes(id))).toEqual([]);
  } finally {
    writeFileSync(entry, TINY_ENTRY);
  }
});

test('one that is too old is replaced', async () => {
  await fill();
  const old = (await members()).map(idOf);
  const { stdout } = await succeeds(vncctlWith({ VNCCTL_POOL_MAX_AGE: '1s' }, 'pool', 'fill', '--dry-run'));
  expect(stdout.trimEnd().split('\n').sort()).toEqual([...old.map((id) => `remove ${id}: it is older than 1s`), ...old.map(() => `make a warm ${TINY_KEY}: 2 of ${TINY_KEY} are wanted, there are 0`)].sort());
});

test('drain takes all of them and no desktop of a client; rm --all leaves nothing at all', async () => {
  await fill();
  await told(up(ANA, '--json'));
  await succeeds(vncctl('pool', 'drain'));
  expect(await members()).toEqual([]);
  expect(await installation.containers()).toHaveLength(1);
  await fill();
  const removed = await succeeds(vncctl('rm', '--all', '--yes'));
  expect(removed.stderr).toContain('2 warm desktops were removed from the pool too');
  expect(await installation.containers()).toEqual([]);
  expect(installation.state()).toEqual({ allocations: {}, reservations: [], naming: 'labelled' });
});

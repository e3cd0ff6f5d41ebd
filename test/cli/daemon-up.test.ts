// `up` through the daemon on a real engine: the same as without it, undone when it is interrupted, told when the daemon goes away
// over it, and left to the process where the two are not of one make.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Finished, proxiedInstallation } from '../support/cli.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf } from '../support/daemons.ts';
import type { Catch } from '../support/engine-proxy.ts';
import { lookThroughGateway } from '../support/rfb-viewer.ts';
import { TINY_ENTRY } from '../support/tiny-image.ts';

const ONE = '11144477735';
const installation = await proxiedInstallation({ env: { VNCCTL_LISTEN: '127.0.0.1:0', VNCCTL_SWEEP_INTERVAL: '1h', VNCCTL_IDLE: 'never' } });
const { up, startUp, vncctl, vncctlWith, proxy, home } = installation;
const { watching } = daemonsOf(installation, [ONE]);

const LEFT = 'debug: the daemon leaves it to this process';
const START: Catch = { method: 'POST', path: /^\/containers\/[^/]+\/start/, stop: 'answer' };

/** All that `up --json` told, but for what is of its moment. */
function told({ stdout }: Finished): Record<string, unknown> {
  const { totalMs, phases, url, ...rest } = JSON.parse(stdout) as { totalMs: number; phases: { name: string; ms: number }[]; url: string };
  expect(totalMs).toBeGreaterThan(0);
  return { ...rest, phases: phases.map(({ name }) => name), url: url.replace(/ticket=.*/, 'ticket') };
}

/** The same `up`, by this process: it is asked for with a length that another origin gives. */
const upHere = (...args: string[]): Promise<Finished> => vncctlWith({ VNCCTL_MAX_AGE: 'never' }, 'up', ONE, '--image', 'tiny', '--debug', ...args);

test('through the daemon and without it up tells the same and does the same', async () => {
  await watching();
  const through = await succeeds(up(ONE, '--json', '--debug'));
  expect(through.stderr).toBe('');
  expect(told(through)).toMatchObject({ outcome: 'created', client: ONE, door: 'gateway', hostPort: null, notes: [] });
  const [again, here] = [await succeeds(up(ONE, '--json', '--debug')), await succeeds(upHere('--json'))];
  expect(again.stderr).toBe('');
  expect(here.stderr).toBe(`${LEFT}: it differs in: maxAge\n`);
  const { lease: _, ...same } = told(here);
  expect(told(again)).toMatchObject({ ...same, outcome: 'reused', phases: ['look', 'rfb', 'remember'] });
  const link = (await succeeds(up(ONE))).stdout.trim();
  await (await lookThroughGateway(link)).picture();
  await installation.onlyContainer();
});

test('through the daemon the process loads neither engine, catalog nor state, and few files', async () => {
  await watching();
  await succeeds(up(ONE));
  const folder = join(home, 'loaded');
  await succeeds(vncctlWith({ NODE_V8_COVERAGE: folder }, 'up', ONE, '--image', 'tiny'));
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const files = texts.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result).flatMap(({ url }) => (url.includes('/dist/') ? [basename(url).replace(/(-[A-Z0-9]+)?\.js$/, '')] : []));
  expect(files.filter((name) => name !== 'chunk').sort()).toEqual(['app', 'desktop-giver', 'main', 'start', 'up']);
  expect(files.length).toBeLessThanOrEqual(10);
});

test('a failure through the daemon is printed as the one without it, with the same exit code', async () => {
  await watching();
  const run = (...args: string[]): Promise<Finished> => vncctl('up', ONE, ...args);
  for (const args of [['--image', 'tinny'], ['--image', 'tiny', '--env', 'NO=1'], ['--image', 'tiny', '--env', 'NO=1', '--json']]) {
    const [through, here] = [await run(...args), await vncctlWith({ VNCCTL_MAX_AGE: 'never' }, 'up', ONE, ...args)];
    expect({ ...through, tookMs: 0 }).toEqual({ ...here, tookMs: 0 });
    expect(through.exitCode).toBeGreaterThan(0);
  }
  const image = proxy.hold({ method: 'GET', path: /^\/images\//, stop: 'request' });
  const asked = startUp(ONE);
  await image.held;
  onTestFinished(() => proxy.mend());
  proxy.cut();
  const { exitCode, stdout, stderr } = await asked.finished;
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 6, stdout: '' });
  expect(stderr).toMatch(/^error: .*\n(cause: .*\n)?hint: /);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s half-way ends it with %i once the daemon has undone what was half-made', async (signal, exitCode) => {
  await watching();
  const started = proxy.hold(START);
  const running = startUp(ONE);
  await started.held;
  running.child.kill(signal);
  started.release();
  const { stdout, stderr, ...end } = await running.finished;
  expect(end, stderr).toMatchObject({ exitCode, signal: null });
  expect(stdout).toBe('');
  expect(await installation.containers()).toEqual([]);
  expect(installation.state().reservations).toEqual([]);
});

test('kill -9 of the process half-way: the daemon undoes what was half-made, and the next up works', async () => {
  const daemon = await watching();
  const started = proxy.hold(START);
  const undone = proxy.seen(/^DELETE \/containers\//, 1);
  const running = startUp(ONE);
  await started.held;
  running.child.kill('SIGKILL');
  await running.finished;
  started.release();
  await undone;
  expect(JSON.parse((await succeeds(up(ONE, '--json'))).stdout)).toMatchObject({ outcome: 'created' });
  expect((await daemon.stop()).exitCode).toBe(0);
});

test('a daemon that is killed half-way is told, and the next up takes over what it left', async () => {
  const daemon = await watching();
  const started = proxy.hold(START);
  const running = startUp(ONE);
  await started.held;
  await daemon.kill();
  const { exitCode, stdout, stderr } = await running.finished;
  expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
  expect(stderr).toMatch(/^error: the daemon did not bring it to an end: .*\nhint: run the same command again/);
  proxy.reset();
  const left = await installation.onlyContainer();
  await watching();
  expect(JSON.parse((await succeeds(up(ONE, '--json'))).stdout)).toMatchObject({ door: 'gateway', notes: [] });
  expect((await installation.onlyContainer()).Id).toBe(left.Id);
});

test('a daemon that is stopped half-way undoes it and says so', async () => {
  const daemon = await watching();
  const started = proxy.hold(START);
  const running = startUp(ONE);
  await started.held;
  const stopped = daemon.stop();
  await daemon.line({ message: /^stopping/ });
  started.release();
  const { exitCode, stderr } = await running.finished;
  expect(exitCode, stderr).toBe(6);
  expect(stderr).toContain('the daemon was stopped meanwhile');
  expect((await stopped).exitCode).toBe(0);
  expect(await installation.containers()).toEqual([]);
});

test('a setting, an entry of the catalog or an engine that the daemon does not know: the process does it by itself, as it says', async () => {
  const daemon = await watching();
  const sized = await succeeds(vncctlWith({ VNCCTL_WIDTH: '800' }, 'up', ONE, '--image', 'firefox-kiosk', '--wait', 'running', '--debug'));
  expect(sized.stderr).toContain(`${LEFT}: it differs in: width`);
  const { Id } = await installation.onlyContainer();
  const { Config } = await installation.api.call<{ Config: { Env: string[] } }>('GET', `/containers/${Id}/json`);
  expect(Config.Env).toContain('VNC_WIDTH=800');
  writeFileSync(join(home, 'config/catalog/another.yaml'), TINY_ENTRY.replace('Tiny', 'Another'));
  const other = await succeeds(vncctl('up', ONE, '--image', 'another', '--recreate', '--debug'));
  expect(other.stderr).toContain(`${LEFT}: it differs in: catalog`);
  const away = await vncctlWith({ DOCKER_HOST: `unix://${home}/nothing.sock` }, 'up', ONE, '--debug');
  expect(away).toMatchObject({ exitCode: 6, stderr: expect.stringContaining(`${LEFT}: it differs in: catalog, engine`) });
  const reread = daemon.line({ message: /settings were read anew/ });
  daemon.child.kill('SIGHUP');
  await reread;
  expect((await succeeds(up(ONE, '--debug'))).stderr).not.toContain(LEFT);
});

test.each([1, 2, 3])('two ups at once, one through the daemon and one by itself, end with one desktop (round %i)', async () => {
  await watching();
  const [through, here] = await Promise.all([succeeds(up('111.444.777-35', '--json')), succeeds(upHere('--json'))]);
  await installation.onlyContainer();
  expect((JSON.parse(through.stdout) as { id: string }).id).toBe((JSON.parse(here.stdout) as { id: string }).id);
  expect(here.stderr).toContain(LEFT);
});

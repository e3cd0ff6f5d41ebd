// An engine that is not there, says nothing, or goes away in the middle: an Engine error within the deadline, and never an
// empty list.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Finished, proxiedInstallation, type RunningProcess, testInstallation } from '../support/cli.ts';
import { type EngineProxy, startEngineProxy } from '../support/engine-proxy.ts';
import { testEndpoint } from '../support/test-engine.ts';

const installation = await testInstallation();
const silenced = await proxiedInstallation();
const { vncctlWith, home } = installation;

const CLIENT = '11122233344';
const VERBS = [[['ls']], [['ls', '-q']], [['up', CLIENT, '--image', 'tiny']], [['rm', CLIENT]], [['rm', '--all', '--yes']], [['open', CLIENT]], [['touch', CLIENT]], [['inspect', CLIENT]]];

let sockets = 0;
const proxies: EngineProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
});

test.each(VERBS)('where no engine is, %j fails with a hint and prints nothing on stdout', async (args) => {
  isEngineError(await vncctlWith({ DOCKER_HOST: `unix://${home}/nothing.sock` }, ...args));
});

test('a socket that refuses is told like one that is not there', async () => {
  const { address, cut } = await proxy();
  cut();
  const refused = isEngineError(await vncctlWith({ DOCKER_HOST: `${address}.dead` }, 'ls'));
  expect(refused.stderr).toContain('ECONNREFUSED');
});

test('with --json the failure is one JSON object on stderr', async () => {
  const { stderr, stdout, exitCode } = await vncctlWith({ DOCKER_HOST: `unix://${home}/nothing.sock` }, 'ls', '--json');
  expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
  expect(JSON.parse(stderr)).toEqual({ error: { code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('nothing.sock'), hint: expect.any(String) } });
});

test.each(VERBS)('an engine that says nothing ends %j within the deadline', async (args) => {
  silenced.proxy.silence();
  const { tookMs } = isEngineError(await silenced.vncctlWith({ VNCCTL_ENGINE_DEADLINE: '1s' }, ...args));
  expect(tookMs).toBeLessThan(20_000);
});

test.each([
  ['create', { method: 'POST', path: /^\/containers\/create/ }],
  ['start', { method: 'POST', path: /^\/containers\/[^/]+\/start/ }],
  ['wait', { method: 'POST', path: /^\/containers\/[^/]+\/wait/ }],
])('an engine that stops during the %s of up is an Engine error at once, and up works when it is back', async (_, request) => {
  const engine = await proxy();
  const caught = engine.hold({ ...request, stop: 'request' });
  const running = startAt(engine.address);
  await caught.held;
  engine.cut();
  const { tookMs } = isEngineError(await running.finished);
  expect(tookMs).toBeLessThan(30_000);
  const again = await installation.up(CLIENT);
  expect(again.exitCode, again.stderr).toBe(0);
  expect((await installation.onlyContainer()).State).toBe('running');
});

test('an engine that falls silent during up is an Engine error within the deadline, the undoing included', async () => {
  const caught = silenced.proxy.hold({ method: 'POST', path: /^\/containers\/[^/]+\/start/, stop: 'answer' });
  const running = silenced.vncctlWith({ VNCCTL_ENGINE_DEADLINE: '8s' }, 'up', CLIENT, '--image', 'tiny');
  await Promise.race([caught.held, running]);
  silenced.proxy.silence();
  const silentMs = performance.now();
  isEngineError(await running);
  expect(performance.now() - silentMs).toBeLessThan(20_000);
});

function startAt(address: string): RunningProcess {
  return installation.start('--host', address, 'up', CLIENT, '--image', 'tiny');
}

async function proxy(): Promise<EngineProxy> {
  const started = await startEngineProxy(testEndpoint().address, join(home, `engine-${++sockets}.sock`));
  proxies.push(started);
  return started;
}

function isEngineError(finished: Finished): Finished {
  const { exitCode, stdout, stderr } = finished;
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 6, stdout: '' });
  expect(stderr).toMatch(/^error: /m);
  expect(stderr).toMatch(/^hint: /m);
  expect(stderr).not.toContain('    at ');
  return finished;
}

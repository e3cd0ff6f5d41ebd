// kill -9 of `up` at every request it makes of the engine: before the engine has seen it, and where it changes something also
// after the engine has done it. Whatever is left, the next command adopts or cleans it.
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { type Finished, proxiedInstallation, type RunningProcess } from '../support/cli.ts';
import type { Catch } from '../support/engine-proxy.ts';

const installation = await proxiedInstallation();
const { up, startUp, vncctl, proxy } = installation;

const CLIENT = '111.222.333-44';

/** Every request of an `up` on an engine without the network, in their order but for the first three, which are made at once. */
const REQUESTS: [string, Omit<Catch, 'stop'>][] = [
  ['looking for the container', { method: 'GET', path: /^\/containers\/vnc_[^/]+\/json/ }],
  ['looking for the image', { method: 'GET', path: /^\/images\// }],
  ['looking for the network', { method: 'GET', path: /^\/networks\// }],
  ['looking for a renamed one and for warm ones', { method: 'GET', path: /^\/containers\/json.*io\.vncctl\.instance/ }],
  ['asking which engine it is', { method: 'GET', path: /^\/version/ }],
  ['looking for the network under the lock', { method: 'GET', path: /^\/networks\//, skip: 1 }],
  ['creating the network', { method: 'POST', path: /^\/networks\/create/ }],
  ['looking for a twin of the network', { method: 'GET', path: /^\/networks\?/ }],
  ['listing who holds ports', { method: 'GET', path: /^\/containers\/json(?!.*io\.vncctl\.instance)/ }],
  ['creating the container', { method: 'POST', path: /^\/containers\/create/ }],
  ['starting it', { method: 'POST', path: /^\/containers\/[^/]+\/start/ }],
  ['looking at the started one', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/ }],
  ['watching for its end', { method: 'POST', path: /^\/containers\/[^/]+\/wait/ }],
  ['looking at the ready one', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/, skip: 1 }],
];

// An answer that was only looked at changes nothing: being killed after it is being killed before the next request.
const STOPS = REQUESTS.flatMap(([name, request]) =>
  (['request', 'answer'] as const)
    .filter((stop) => stop === 'request' || /\/(create|start)/.test(request.path.source))
    .map((stop) => [stop === 'request' ? 'before the engine sees it' : 'after the engine has done it', name, { ...request, stop }] as const),
);

test('the list above names every request that up makes', async () => {
  const before = proxy.log.length;
  await succeeds(up(CLIENT));
  const made = proxy.log.slice(before).map((line) => line.split(/ (.*)/s));
  const named = made.map(([method, path = '']) => REQUESTS.findIndex(([, request]) => request.method === method && request.path.test(decodeURIComponent(path))));
  expect(named, proxy.log.slice(before).join('\n')).not.toContain(-1);
  expect(made).toHaveLength(REQUESTS.length);
});

test.each(STOPS)('an up killed %s, while %s, leaves nothing that the next command does not adopt or clean', async (_when, _what, request) => {
  const caught = proxy.hold(request);
  const killed = startUp(CLIENT);
  await Promise.race([caught.held, killed.finished]);
  await kill(killed);
  proxy.reset();
  await mends();
});

test('an up killed while it waits for the lock leaves nothing that the next command does not adopt or clean', async () => {
  const created = proxy.hold({ method: 'POST', path: /^\/containers\/create/, stop: 'answer' });
  const killed = startUp(CLIENT);
  await created.held;
  const lock = `${installation.stateFile}.lock`;
  mkdirSync(dirname(lock), { recursive: true });
  mkdirSync(lock);
  const ready = proxy.hold({ method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/, stop: 'answer', skip: 1 });
  created.release();
  await ready.held;
  ready.release();
  await kill(killed);
  rmdirSync(lock);
  await mends();
});

test('an rm killed half-way leaves a desktop that up brings back and rm removes', async () => {
  await succeeds(up(CLIENT));
  const removal = proxy.hold({ method: 'DELETE', path: /^\/containers\//, stop: 'request' });
  const rm = installation.start('rm', CLIENT);
  await removal.held;
  await kill(rm);
  proxy.reset();
  await mends();
});

async function mends(): Promise<void> {
  await succeeds(up(CLIENT));
  const container = await installation.onlyContainer();
  expect(container.State).toBe('running');
  const removed = await succeeds(vncctl('rm', '--all', '--yes'));
  expect(removed.stdout).toBe(`${CLIENT}\n`);
  expect(await installation.containers()).toEqual([]);
  expect(await networks()).toEqual([]);
  expect(installation.state()).toEqual({ allocations: {}, reservations: [], naming: 'labelled' });
  expect(existsSync(`${installation.stateFile}.lock`)).toBe(false);
}

async function kill({ child, finished }: RunningProcess): Promise<void> {
  child.kill('SIGKILL');
  expect((await finished).signal).toBe('SIGKILL');
}

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}

function networks(): Promise<unknown[]> {
  return installation.api.call('GET', `/networks?filters=${encodeURIComponent(JSON.stringify({ label: [`io.vncctl.instance=${installation.instance}`] }))}`);
}

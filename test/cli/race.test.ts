// One desktop a client, whoever asks at the same moment.
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { proxiedInstallation } from '../support/cli.ts';

const installation = await proxiedInstallation();
const { up, startUp, start, vncctl, proxy } = installation;

const LOOK = /^GET \/containers\/[^/]+\/json/;

test.each([1, 2, 3, 4, 5])('two ups of one client at the same moment end with one container and one link (round %i)', async () => {
  const [one, two] = await Promise.all([up('111.222.333-44'), up('11122233344')]);
  expect(one.exitCode, one.stderr).toBe(0);
  expect(two.exitCode, two.stderr).toBe(0);
  expect(two.stdout).toBe(one.stdout);
  await installation.onlyContainer();
  expect(installation.state().reservations).toEqual([]);
});

test.each([
  ['remembers', async () => {}],
  ['has forgotten', () => rm(installation.stateFile)],
])('an up that comes while a desktop that the store %s is being removed waits and makes a new one', async (_, lose) => {
  await up('11122233344');
  const old = await installation.onlyContainer();
  await lose();
  const removal = proxy.hold({ method: 'DELETE', path: /^\/containers\//, stop: 'request' });
  const removing = start('rm', '11122233344');
  await removal.held;
  const looked = proxy.seen(LOOK, 3);
  const again = startUp('11122233344');
  await looked;
  removal.release();
  const [removed, made] = await Promise.all([removing.finished, again.finished]);
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(made.exitCode, made.stderr).toBe(0);
  expect((await installation.onlyContainer()).Id).not.toBe(old.Id);
});

test('an up that had already decided to reuse a desktop when its removal began makes a new one', async () => {
  await up('11122233344');
  const old = await installation.onlyContainer();
  const secondLook = proxy.hold({ method: 'GET', path: /^\/containers\/[^/]+\/json/, stop: 'request', skip: 1 });
  const again = startUp('11122233344');
  await secondLook.held;
  const removal = proxy.hold({ method: 'DELETE', path: /^\/containers\//, stop: 'request' });
  const removing = start('rm', '11122233344');
  await removal.held;
  const looked = proxy.seen(LOOK, 3);
  secondLook.release();
  await looked;
  removal.release();
  const [removed, made] = await Promise.all([removing.finished, again.finished]);
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(made.exitCode, made.stderr).toBe(0);
  expect((await installation.onlyContainer()).Id).not.toBe(old.Id);
});

test('an interrupted up does not take away the desktop that another up has handed out meanwhile', async () => {
  const started = proxy.hold({ method: 'POST', path: /^\/containers\/[^/]+\/start/, stop: 'answer' });
  const first = startUp('11122233344');
  await started.held;
  const second = await up('11122233344');
  expect(second.exitCode, second.stderr).toBe(0);
  first.child.kill('SIGINT');
  expect((await first.finished).exitCode).toBe(130);
  await installation.onlyContainer();
  expect((await vncctl('open', '--print', '11122233344')).stdout).toBe(second.stdout);
});

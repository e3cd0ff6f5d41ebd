import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { ProgramOptions, ProgramResult } from '../../../src/core/run-program.ts';
import { createServiceNotify, type ServiceNotifyOptions } from '../../../src/daemon/service-notify.ts';
import { runProgram } from '../../../src/engine/run-program.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeLog } from '../../support/fake-log.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
const SOCKET = { NOTIFY_SOCKET: '/run/notify' };

function fixture(over: Partial<ServiceNotifyOptions> = {}) {
  const clock = createFakeClock({ passUpToMs: 0 });
  const log = createFakeLog();
  const calls: { args: readonly string[]; options: ProgramOptions; end(result?: Partial<ProgramResult>): void }[] = [];
  const said = (): string[] => calls.map(({ args }) => args.join(' '));
  let held = false;
  const notify = createServiceNotify({
    env: SOCKET,
    pid: 100,
    clock,
    log,
    run: (file, args, options = {}) =>
      new Promise((resolve) => {
        expect(file).toBe('systemd-notify');
        const end = (result: Partial<ProgramResult> = {}): void => resolve({ exitCode: 0, stdout: '', stderr: '', ...result });
        calls.push({ args, options, end });
        if (!held) end();
      }),
    ...over,
  });
  return { notify, clock, log, calls, said, hold: () => (held = true) };
}

test('without a manager nothing is run and nothing fails', async () => {
  const { notify, calls } = fixture({ env: { WATCHDOG_USEC: '30000000' } });
  await notify.ready('serving');
  notify.status('idle');
  await notify.reloading();
  await notify.watchdog();
  await notify.stopping();
  expect(notify.watchdogMs).toBeUndefined();
  expect(calls).toEqual([]);
});

test('each message goes to the socket, bounded in time', async () => {
  const { notify, calls, said } = fixture();
  await notify.ready('watching 3 desktops');
  await notify.reloading();
  await notify.ready('watching 4 desktops');
  await notify.stopping('ending what is in flight');
  expect(said()).toEqual(['READY=1 STATUS=watching 3 desktops', 'RELOADING=1', 'READY=1 STATUS=watching 4 desktops', 'STOPPING=1 STATUS=ending what is in flight']);
  expect(calls[0]?.options).toEqual({ env: SOCKET, deadlineMs: 2000 });
});

test('a status is sent when it changed, once a second at most, and only the newest', async () => {
  const { notify, clock, said } = fixture();
  await notify.ready('a');
  for (const text of ['a', 'b', 'c', 'd\nREADY=0']) notify.status(text);
  await clock.sleeping(1000);
  expect(said()).toEqual(['READY=1 STATUS=a']);
  clock.advance(1000);
  await eventually(() => said().length === 2);
  expect(said()[1]).toBe('STATUS=d READY=0');
  notify.status('e');
  notify.status('d READY=0');
  await clock.sleeping(1000);
  clock.advance(1000);
  notify.status('f');
  await eventually(() => said().length === 3);
  expect(said()[2]).toBe('STATUS=f');
});

test('one message at a time, and none after the last', async () => {
  const { notify, calls, said, hold, clock } = fixture();
  hold();
  const ready = notify.ready('a');
  notify.status('b');
  const stopping = notify.stopping();
  void notify.reloading();
  clock.advance(5000);
  await eventually(() => calls.length === 1);
  calls[0]?.end();
  await ready;
  await eventually(() => calls.length === 2);
  calls[1]?.end();
  await stopping;
  expect(said()).toEqual(['READY=1 STATUS=a', 'STOPPING=1']);
});

test.each([
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '100' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '99' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
  [{}, undefined],
])('%j: a sign of life every %j ms', async (env, everyMs) => {
  const { notify, said } = fixture({ env: { ...SOCKET, ...env } });
  expect(notify.watchdogMs).toBe(everyMs);
  await notify.watchdog();
  expect(said()).toEqual(everyMs === undefined ? [] : ['--no-block WATCHDOG=1']);
});

test('a manager that can not be told is one line until it can', async () => {
  const { notify, calls, log, hold } = fixture();
  hold();
  for (const result of [{ exitCode: 1, stderr: 'Failed to notify\nConnection refused\n' }, { exitCode: 124, stderr: '' }, {}, { exitCode: 127, stderr: 'no such program' }]) {
    const before = calls.length;
    const told = notify.reloading();
    await eventually(() => calls.length > before);
    calls[before]?.end(result);
    await told;
  }
  expect(log.lines.map(({ level, facts }) => [level, facts['why']])).toEqual([
    ['warning', 'Connection refused'],
    ['warning', 'no such program'],
  ]);
});

test('a program that hangs is given up after two seconds', { timeout: 15_000 }, async () => {
  const program = join(home, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${home}/said\nexec sleep 60\n`);
  chmodSync(program, 0o755);
  const log = createFakeLog();
  const notify = createServiceNotify({ env: SOCKET, pid: 100, run: (_, args, options) => runProgram(program, args, options), clock: systemClock, log });
  const began = performance.now();
  await notify.stopping();
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(readFileSync(join(home, 'said'), 'utf8')).toBe('/run/notify STOPPING=1\n');
  expect(log.lines).toMatchObject([{ facts: { why: 'not done within 2000 ms' } }]);
});

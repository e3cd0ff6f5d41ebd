import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { HOOKED_EVENTS, LIFE_EVENTS, type LifeEvent } from '../../../src/core/journal.ts';
import type { ProgramOptions, ProgramResult } from '../../../src/core/run-program.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createHooks, type HooksOptions, isWebAddress } from '../../../src/daemon/hooks.ts';
import { postJson } from '../../../src/daemon/http-post.ts';
import { runProgram } from '../../../src/engine/run-program.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeLog } from '../../support/fake-log.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();

function event(over: Partial<LifeEvent> = {}): LifeEvent {
  return { at: '2030-01-01T12:00:00.000Z', event: 'removed', desktop: 'bcdf23456789' as DesktopId, cause: 'no viewer for 8h', ...over };
}

interface Call {
  command: string;
  options: ProgramOptions;
  end(result?: Partial<ProgramResult>): void;
}

function fixture(over: Partial<HooksOptions> = {}) {
  const log = createFakeLog();
  const clock = createFakeClock({ passUpToMs: 0 });
  const calls: Call[] = [];
  const hooks = createHooks({
    hook: 'notify',
    timeoutMs: 10_000,
    run: (file, args, options = {}) =>
      new Promise((resolve, reject) => {
        expect([file, args[0]]).toEqual(['/bin/sh', '-c']);
        const abort = (): void => reject(options.signal?.reason);
        options.signal?.addEventListener('abort', abort, { once: true });
        calls.push({
          command: args[1] ?? '',
          options,
          end(result) {
            options.signal?.removeEventListener('abort', abort);
            resolve({ exitCode: 0, stdout: '', stderr: '', ...result });
          },
        });
      }),
    post: async () => expect.unreachable(),
    clock,
    log,
    env: {},
    ...over,
  });
  return { hooks, log, clock, calls };
}

test('a command gets the event on stdin and in variables, and no secret of this process', () => {
  const { hooks, calls } = fixture({ hook: 'notify --now', env: { PATH: '/bin', HOME: '/root', LANG: 'pt_BR.UTF-8', VNCCTL_TOKEN: 'secret', NOTIFY_SOCKET: '/run/x' } });
  const warned = event({ event: 'warned', image: 'kiosk', removeAt: '2030-01-01T12:10:00.000Z', client: '0123456789abcdef0123' });
  hooks.tell(warned);
  expect(calls).toHaveLength(1);
  const [{ command, options } = { command: '', options: {} }] = calls;
  expect(command).toBe('notify --now');
  expect(JSON.parse(options.input ?? '')).toEqual(warned);
  expect(options).toMatchObject({ onlyEnv: true, ownGroup: true, deadlineMs: 10_000 });
  expect(options.env).toEqual({
    PATH: '/bin',
    HOME: '/root',
    LANG: 'pt_BR.UTF-8',
    VNCCTL_EVENT: 'warned',
    VNCCTL_DESKTOP: 'bcdf23456789',
    VNCCTL_CAUSE: 'no viewer for 8h',
    VNCCTL_IMAGE: 'kiosk',
    VNCCTL_REMOVE_AT: '2030-01-01T12:10:00.000Z',
  });
});

test('only the events that hooks are for are told', async () => {
  const { hooks, calls } = fixture();
  let expected = 0;
  for (const kind of LIFE_EVENTS) {
    hooks.tell(event({ event: kind }));
    if (HOOKED_EVENTS.includes(kind)) expected++;
    await eventually(() => calls.length === expected);
    for (const call of calls) call.end();
  }
  await hooks.settle(1000);
  expect(calls.map(({ options }) => options.env?.['VNCCTL_EVENT'])).toEqual(LIFE_EVENTS.filter((kind) => HOOKED_EVENTS.includes(kind)));
});

test('four are told at once; the rest wait in order', async () => {
  const { hooks, calls } = fixture();
  for (let index = 0; index < 6; index++) hooks.tell(event({ cause: String(index) }));
  expect(calls).toHaveLength(4);
  calls[2]?.end();
  await eventually(() => calls.length === 5);
  expect(calls[4]?.options.env?.['VNCCTL_CAUSE']).toBe('4');
});

test('of more than 200 that wait the oldest go, with one line for all', async () => {
  const { hooks, calls, log } = fixture();
  for (let index = 0; index < 4 + 200 + 30; index++) hooks.tell(event({ cause: String(index) }));
  expect(log.lines).toHaveLength(1);
  calls[0]?.end();
  await eventually(() => calls.length === 5);
  expect(calls[4]?.options.env?.['VNCCTL_CAUSE']).toBe('34');
  for (let index = 4; index < 204; index++) {
    await eventually(() => calls.length > index - 3);
    calls[index - 3]?.end();
  }
  expect(log.lines).toHaveLength(1);
});

test('a failing command is one line with its exit code and last words', async () => {
  const { hooks, calls, log } = fixture();
  hooks.tell(event());
  calls[0]?.end({ exitCode: 3, stdout: 'done\n', stderr: 'trying\n  no route to host  \n\n' });
  await hooks.settle(1000);
  expect(log.lines).toEqual([{ level: 'warning', message: 'the hook failed', facts: { event: 'removed', desktop: 'bcdf23456789', exitCode: 3, said: 'no route to host' } }]);
});

test('settling waits for those that run and those that wait, and tells nothing new', async () => {
  const { hooks, calls, log } = fixture();
  for (let index = 0; index < 5; index++) hooks.tell(event());
  let settled = false;
  const settling = hooks.settle(2000).then(() => (settled = true));
  hooks.tell(event());
  for (let index = 0; index < 5; index++) {
    await eventually(() => calls.length > index);
    expect(settled).toBe(false);
    calls[index]?.end();
  }
  await settling;
  expect(calls).toHaveLength(5);
  expect(log.lines).toEqual([]);
});

test('what is not told in time is ended', async () => {
  const { hooks, calls, clock, log } = fixture();
  for (let index = 0; index < 6; index++) hooks.tell(event());
  const settling = hooks.settle(2000);
  clock.advance(2000);
  await settling;
  expect(calls).toHaveLength(4);
  expect(calls.every(({ options }) => options.signal?.aborted)).toBe(true);
  expect(log.lines.map(({ message, facts }) => [message, facts['untold'] ?? facts['why']])).toEqual([
    ['vncctl stops before the hook was told of all', 2],
    ...Array.from({ length: 4 }, () => ['the hook was not told', 'vncctl stops']),
  ]);
});

test.each([
  ['https://example.org/hook', true],
  ['HTTP://127.0.0.1:9/', true],
  ['/usr/local/bin/notify', false],
  ['curl https://example.org', false],
])('%s: a web address is %j', (hook, is) => {
  expect(isWebAddress(hook)).toBe(is);
});

/** A web server that answers with the status, or never. */
async function server(status: number | 'never'): Promise<{ address: string; got: { type: string | undefined; body: string }[] }> {
  const got: { type: string | undefined; body: string }[] = [];
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ type: request.headers['content-type'], body });
      if (status !== 'never') response.writeHead(status, { location: '/elsewhere' }).end('thanks');
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return { address: `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook?token=secret`, got };
}

test('a web address gets the event as a JSON POST', async () => {
  const { address, got } = await server(204);
  const { hooks, log } = fixture({ hook: address, post: postJson });
  hooks.tell(event());
  await hooks.settle(5000);
  expect(got).toEqual([{ type: 'application/json', body: JSON.stringify(event()) }]);
  expect(log.lines).toEqual([]);
});

test.each([302, 500])('an answer of %i is a failure, told once and without the address', async (status) => {
  const { address, got } = await server(status);
  const { hooks, log } = fixture({ hook: address, post: postJson });
  hooks.tell(event());
  await hooks.settle(5000);
  expect(got).toHaveLength(1);
  expect(log.lines.map(({ facts }) => facts['status'])).toEqual([status]);
  expect(JSON.stringify(log.lines)).not.toContain('secret');
});

test('an address that never answers is given up after the limit', async () => {
  const { address, got } = await server('never');
  const { hooks, log, clock } = fixture({ hook: address, post: postJson, timeoutMs: 5000 });
  hooks.tell(event());
  await eventually(() => got.length === 1);
  clock.advance(5000);
  await hooks.settle(60_000);
  expect(log.lines).toMatchObject([{ message: 'the hook was not told', facts: { why: 'no answer within 5000 ms' } }]);
});

test('a real command reads the event, and one that takes too long ends with what it started', { timeout: 15_000 }, async () => {
  const file = join(home, 'told');
  const told = createHooks({ ...fixtureOptions(), hook: `cat > ${file}; echo "$VNCCTL_EVENT $VNCCTL_DESKTOP\${SECRET:-}" >> ${file}`, env: { PATH: process.env['PATH'], SECRET: 'x' } });
  told.tell(event());
  await told.settle(5000);
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(event())}\nremoved bcdf23456789\n`);
  const slow = fixtureOptions();
  const hooks = createHooks({ ...slow, timeoutMs: 100, hook: 'echo working; sleep 60' });
  hooks.tell(event());
  await hooks.settle(5000);
  expect(slow.log.lines).toMatchObject([{ facts: { exitCode: 124, said: 'not done within 100 ms' } }]);
});

function fixtureOptions() {
  return { timeoutMs: 5000, run: runProgram, post: postJson, clock: systemClock, log: createFakeLog(), env: { PATH: process.env['PATH'] } };
}

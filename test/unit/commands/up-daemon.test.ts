// What `up` asks the daemon that runs, what it prints of its answer, and when it does without.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { UpAsk, UpReport } from '../../../src/core/hand-out.ts';
import { listenOnSocket } from '../../../src/daemon/control-socket.ts';
import { createDoor } from '../../../src/daemon/door.ts';
import { createUpRoute, LeftToAsker, type UpRouteParts } from '../../../src/daemon/up-route.ts';
import { VncctlError } from '../../../src/errors.ts';
import { createFakeLog } from '../../support/fake-log.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const LINK = 'http://127.0.0.1:8080/d/bcdfghjkmnpq/#ticket=x';
const HERE = /^http:\/\/127\.0\.0\.1:8080\/d\/\w{12}\/#ticket=\S{22}\n$/;

const REPORT = {
  outcome: 'reused',
  id: 'bcdfghjkmnpq',
  client: '11144477735',
  url: LINK,
  door: 'gateway',
  status: 'ready',
  image: 'firefox-kiosk',
  container: 'vnc_11144477735',
  hostPort: null,
  createdAt: '2030-01-01T12:00:00.000Z',
  lease: {},
  totalMs: 1200,
  phases: [{ name: 'look', ms: 1190 }],
  notes: ['a note'],
} as unknown as UpReport;

interface Asked {
  program: TestProgram;
  asks: UpAsk[];
  facts: Readonly<Record<string, unknown>>[];
}

/** A program beside a daemon that does this when it is asked. */
async function besideDaemon(parts: Partial<Pick<UpRouteParts, 'handOut' | 'differences'>> = {}): Promise<Asked> {
  const program = createTestProgram();
  const [asks, facts]: [UpAsk[], Asked['facts']] = [[], []];
  const route = createUpRoute({
    async handOut(ask, options) {
      asks.push(ask);
      return parts.handOut ? parts.handOut(ask, options) : REPORT;
    },
    async differences(theirs) {
      facts.push(theirs);
      return parts.differences ? parts.differences(theirs) : [];
    },
    log: createFakeLog(),
  });
  const door = createDoor({ routes: [route], readiness: () => ({ ready: true, counts: {} }) });
  onTestFinished(() => door.stop());
  const socket = join(program.home, 'daemon.sock');
  await listenOnSocket(door, socket);
  program.daemonAnswersAt('127.0.0.1:8080', { socket });
  return { program, asks, facts };
}

test('the daemon is asked for what was typed, and its answer is printed; this process touches neither engine nor store', async () => {
  const { program, asks, facts } = await besideDaemon();
  expect(await program.run(['up', ANA, '--size', '390x844', '-e', 'LANGUAGE=en', '--idle', 'never', '--direct', '--no-open'])).toEqual({ code: 0, out: `${LINK}\n`, err: 'note: a note\n', json: expect.any(Function) });
  expect(asks).toEqual([{ client: '11144477735', words: { size: '390x844', env: { LANGUAGE: 'en' }, idle: 'never', direct: true } }]);
  expect(facts).toMatchObject([{ version: expect.any(String), width: '1280', engine: 'unix:///nowhere/docker.sock', catalog: '', idle: '15m (default)' }]);
  expect(program.engine.calls.log).toEqual([]);
  expect((await program.run(['up', ANA, '--json'])).json()).toEqual(REPORT);
  const { err } = await program.run(['up', ANA], { terminals: ['stderr'], env: { TERM: 'dumb', NO_COLOR: '1', SSH_CONNECTION: 'x' } });
  expect(err).toContain('look 1.2 s');
  expect(err).toContain(`${ANA} reused in 1.2 s (look 1.2 s)\n`);
});

test('where no door leads to the desktop, the report is printed all the same and the failure follows', async () => {
  const { program } = await besideDaemon({ handOut: async () => ({ ...REPORT, url: null, door: null }) });
  const run = await program.run(['up', ANA, '--json']);
  expect(run.code).toBe(4);
  expect(run.json()).toMatchObject({ outcome: 'reused', url: null });
  expect(JSON.parse(run.err.replace(/^note: .*\n/, ''))).toMatchObject({ error: { code: 'DAEMON_NOT_RUNNING', message: expect.stringContaining(ANA) } });
});

test.each([
  ['differs', { differences: async () => ['width', 'catalog'] }, 'it differs in: width, catalog'],
  ['leaves it to the process', { handOut: () => Promise.reject(new LeftToAsker('an image has to be got first')) }, 'an image has to be got first'],
  ['has no engine yet', { differences: () => Promise.reject(new VncctlError('ENGINE_MISSING', 'no engine')) }, 'no engine'],
])('a daemon that %s: the process does it by itself, and says why only when asked', async (_, parts, why) => {
  const { program } = await besideDaemon(parts);
  expect(await program.run(['up', ANA])).toMatchObject({ code: 0, out: expect.stringMatching(HERE), err: '' });
  expect(program.engine.world.all).toHaveLength(1);
  expect((await program.run(['up', ANA, '--debug'])).err).toBe(`debug: the daemon leaves it to this process: ${why}\n`);
});

test('a failure of the daemon ends it, and nothing is done a second time', async () => {
  const { program, asks } = await besideDaemon({ handOut: () => Promise.reject(new VncctlError('NO_FREE_PORT', 'no port', { hint: 'free one' })) });
  expect(await program.run(['up', ANA])).toMatchObject({ code: 5, out: '', err: 'error: no port\nhint: free one\n' });
  expect([asks.length, program.engine.calls.log]).toEqual([1, []]);
});

test('a dry run and a daemon of an older version are matters of this process', async () => {
  const { program, asks } = await besideDaemon();
  expect((await program.run(['up', ANA, '--dry-run'])).out).toMatch(/^create vnc_11144477735/);
  program.daemonAnswersAt('127.0.0.1:8080');
  expect(await program.run(['up', ANA, '--debug'])).toMatchObject({ code: 0, err: '' });
  expect(asks).toEqual([]);
});

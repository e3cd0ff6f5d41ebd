import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientHash } from '../../../src/core/identity.ts';
import type { LifeEvent } from '../../../src/core/journal.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { VncctlError } from '../../../src/errors.ts';
import { createEventJournal } from '../../../src/store/event-journal.ts';
import { getInstanceKey } from '../../../src/store/instance-key.ts';
import { eventually } from '../../support/eventually.ts';
import { ANA, clientOf } from '../../support/test-desktops.ts';
import { createTestProgram } from '../../support/test-program.ts';

const EVA = clientOf('529.982.247-25');

/** Ana has a desktop; of Eva's, which is gone, the journal alone knows. */
async function journalOfTwo() {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  const journal = createEventJournal({ file: join(program.home, 'state/default/events.jsonl'), clock: program.clock, warn: expect.unreachable });
  const key = await getInstanceKey(join(program.home, 'config/default.key'));
  const event = (over: Partial<LifeEvent>, client = ANA): LifeEvent => ({ at: program.clock.now().toISOString(), event: 'created', desktop: 'bcdf23456789' as DesktopId, cause: 'asked for', client: clientHash(client, key), ...over });
  await journal.append([event({ desktop: 'zzzz23456789' as DesktopId, image: 'desktop' }, EVA)]);
  program.clock.advance(2 * 3_600_000);
  await journal.append([event({}), event({ event: 'removed', desktop: 'zzzz23456789' as DesktopId, cause: 'no viewer for 8h' }, EVA)]);
  return { ...program, journal, event };
}

test('a pipe gets every event with its stored time, and the client where a present desktop tells it', async () => {
  const { run } = await journalOfTwo();
  expect(await run(['events'])).toEqual(expect.objectContaining({
    code: 0,
    err: '',
    out: [
      'TIME                      EVENT    DESKTOP       CLIENT          CAUSE',
      '2030-01-01T12:00:00.000Z  created  zzzz23456789  -               asked for',
      '2030-01-01T14:00:00.000Z  created  bcdf23456789  111.444.777-35  asked for',
      '2030-01-01T14:00:00.000Z  removed  zzzz23456789  -               no viewer for 8h',
      '',
    ].join('\n'),
  }));
});

test('a terminal gets how long ago, within 80 columns', async () => {
  const { run } = await journalOfTwo();
  const { out } = await run(['events'], { terminals: ['stdout'], env: { NO_COLOR: '1' } });
  expect(out).toMatch(/^2h ago +created +zzzz23456789 +- +asked for$/m);
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('the events of a client are found by its hash, also when its desktop is gone', async () => {
  const { run, engine } = await journalOfTwo();
  engine.calls.refuse();
  const { out, code } = await run(['events', '529.982.247-25']);
  expect(code).toBe(0);
  expect(out.match(/529\.982\.247-25/g)).toHaveLength(2);
  expect(out).not.toContain('bcdf23456789');
});

test('a dead engine keeps nobody from reading', async () => {
  const { run, engine } = await journalOfTwo();
  engine.calls.refuse();
  const dead = await run(['events']);
  expect(dead).toMatchObject({ code: 0, err: expect.stringMatching(/^warning: whose desktops these are can't be told: .*\n$/) });
  expect(dead.out.split('\n')).toHaveLength(5);
});

test('--json has every field, and null for what nobody knows', async () => {
  const { run } = await journalOfTwo();
  const rows = (await run(['events', '--json'])).json() as Record<string, unknown>[];
  expect(rows).toHaveLength(3);
  expect(rows[0]).toEqual({ at: '2030-01-01T12:00:00.000Z', event: 'created', desktop: 'zzzz23456789', client: null, cause: 'asked for', image: 'desktop', removeAt: null, clientHash: expect.stringMatching(/^[0-9a-f]{20}$/) });
  expect(rows[1]).toMatchObject({ client: '11144477735' });
});

test('--mask hides the middle of client ids', async () => {
  const { run } = await journalOfTwo();
  for (const flags of [[], ['--json']]) {
    const { out } = await run(['events', '--mask', ...flags]);
    expect(out).toContain('111.***.***-35');
    expect(out).not.toMatch(/111\.?444/);
  }
});

test('nothing has happened: headings and success, without a question to the engine', async () => {
  const program = createTestProgram();
  expect(await program.run(['events'])).toMatchObject({ code: 0, out: 'TIME  EVENT  DESKTOP  CLIENT  CAUSE\n', err: '' });
  expect(await program.run(['events', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
  expect(program.engine.calls.log).toEqual([]);
});

test.each([
  [['--since', '1h'], 2],
  [['--since', '2030-01-01T13:59:59Z'], 2],
  [['--since', '2030-01-01'], 3],
  [['-n', '1'], 1],
  [['-n', '0'], 0],
  [['--tail', '20', '--since', '3h'], 3],
])('%j leaves %i', async (flags, count) => {
  expect((await (await journalOfTwo()).run(['events', '--json', ...flags])).json()).toHaveLength(count);
});

test.each([
  [['--since', 'yesterday'], '--since: "yesterday" is neither a duration'],
  [['--since', '2030-13-01'], '--since: "2030-13-01" is neither a duration'],
  [['-n', 'all'], '--tail: "all" is no number of events'],
])('%j is refused', async (flags, message) => {
  expect(await createTestProgram().run(['events', ...flags])).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) });
});

test('--follow shows the last ones, then what comes, and ends quietly with 130 at Ctrl-C', async () => {
  const { run, journal, event } = await journalOfTwo();
  const interrupt = new AbortController();
  const ended = await run(['events', '-f'], {
    signal: interrupt.signal,
    meanwhile: async (io) => {
      await eventually(() => io.out().split('\n').length === 5);
      await journal.append([event({ event: 'warned', cause: 'no viewer for 7h50m' })]);
      await eventually(() => io.out().split('\n').length === 6);
      interrupt.abort(new VncctlError('INTERRUPTED', 'stopped'));
    },
  });
  expect(ended).toMatchObject({ code: 130, err: '' });
  expect(ended.out.split('\n').slice(3)).toEqual([
    '2030-01-01T14:00:00.000Z  removed  zzzz23456789  -               no viewer for 8h',
    '2030-01-01T14:00:00.000Z  warned   bcdf23456789  111.444.777-35  no viewer for 7h50m',
    '',
  ]);
});

test('--follow --json prints one object a line, of one client where one is named, and SIGTERM ends it with 143', async () => {
  const { run, journal, event } = await journalOfTwo();
  const interrupt = new AbortController();
  const ended = await run(['events', '529.982.247-25', '-f', '-n', '0', '--json'], {
    terminals: ['stdout'],
    signal: interrupt.signal,
    meanwhile: async (io) => {
      let turn = 0;
      // It begins with nothing, so what it sees tells that it has begun.
      const appended = async (): Promise<string> => {
        await journal.append([event({ cause: `of another ${++turn}` }), event({ event: 'died', cause: 'gone' }, EVA)]);
        return io.out();
      };
      await expect.poll(appended, { timeout: 20_000 }).not.toBe('');
      interrupt.abort(new VncctlError('TERMINATED', 'stopped'));
    },
  });
  expect(ended).toMatchObject({ code: 143, err: '' });
  for (const line of ended.out.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ event: 'died', client: '52998224725' });
}, 30_000);

test('--follow learns whose a new desktop is', async () => {
  const { run, journal, event } = await journalOfTwo();
  const interrupt = new AbortController();
  const ended = await run(['events', '-f'], {
    signal: interrupt.signal,
    meanwhile: async (io) => {
      await eventually(() => io.out().split('\n').length === 5);
      await run(['up', EVA]);
      await journal.append([event({ desktop: 'yyyy23456789' as DesktopId }, EVA)]);
      await eventually(() => io.out().includes('yyyy23456789'));
      interrupt.abort(new VncctlError('INTERRUPTED', 'stopped'));
    },
  });
  expect(ended.out).toMatch(/yyyy23456789 +529\.982\.247-25/);
});

test('--follow ends with 0 when its reader is gone', async () => {
  const { run } = await journalOfTwo();
  const ended = await run(['events', '-f'], {
    meanwhile: async (io) => {
      await eventually(() => io.out().split('\n').length === 5);
      io.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  });
  expect(ended).toMatchObject({ code: 0, err: '' });
});

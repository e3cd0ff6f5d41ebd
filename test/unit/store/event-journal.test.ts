import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LifeEvent } from '../../../src/core/journal.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createEventJournal, type EventJournalOptions } from '../../../src/store/event-journal.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
const DAY_MS = 24 * 3600_000;

function event(over: Partial<LifeEvent> = {}): LifeEvent {
  return { at: '2030-01-01T12:00:00.000Z', event: 'created', desktop: 'bcdf23456789' as DesktopId, cause: 'asked for', ...over };
}

function fixture(options: Partial<EventJournalOptions> = {}) {
  const file = join(mkdtempSync(join(home, 'journal-')), 'state', 'events.jsonl');
  const older = file.replace('.jsonl', '.1.jsonl');
  const clock = createFakeClock({ passUpToMs: 0 });
  const warnings: string[] = [];
  const journal = createEventJournal({ file, clock, warn: (message) => warnings.push(message), ...options });
  const causes = async (): Promise<string[]> => (await journal.read()).map(({ cause }) => cause);
  return { file, older, clock, warnings, journal, causes };
}

test('events come back whole and in order, from a file for its owner only', async () => {
  const { file, journal } = fixture();
  const full = event({ event: 'warned', cause: 'no viewer for "8h"\nand more', image: 'kiosk', client: '0123456789abcdef0123', removeAt: '2030-01-01T20:00:00.000Z' });
  await journal.append([event(), full]);
  await journal.append([]);
  await journal.append([event({ event: 'removed' })]);
  expect(await journal.read()).toEqual([event(), full, event({ event: 'removed' })]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(4);
});

test('calls that do not wait for each other keep their order', async () => {
  const { journal, causes } = fixture();
  await Promise.all(Array.from({ length: 20 }, (_, index) => journal.append([event({ cause: String(index) })])));
  expect(await causes()).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
});

test('what is asked for is what is read', async () => {
  const { journal } = fixture();
  const other = event({ at: '2030-01-01T11:00:00.000Z', desktop: 'zzzz23456789' as DesktopId, client: 'a'.repeat(20) });
  await journal.append([other, event({ client: 'b'.repeat(20) })]);
  expect(await journal.read({ since: '2030-01-01T11:30:00Z' })).toHaveLength(1);
  expect(await journal.read({ desktop: other.desktop })).toEqual([other]);
  expect(await journal.read({ client: 'a'.repeat(20) })).toEqual([other]);
  expect(await journal.read({ client: 'c'.repeat(20) })).toEqual([]);
});

test('nothing is there before the first event', async () => {
  const { journal, file } = fixture();
  expect(await journal.read()).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test('torn and foreign lines are left out and take no other line with them', async () => {
  const { file, journal, causes } = fixture();
  await journal.append([event({ cause: 'one' })]);
  appendFileSync(file, 'not json\n[]\nnull\n{"at":"yesterday","event":"created","desktop":"x","cause":"y"}\n{"at":"2030-01-01T12:00:00Z","event":"exploded","desktop":"x","cause":"y"}\n{"at":"2030-01-01T12:00:00Z","event":"crea');
  await journal.append([event({ cause: 'two' })]);
  expect(await causes()).toEqual(['one', 'two']);
});

test('the journal stays in two files of bounded size and keeps the newest', async () => {
  const { file, older, warnings, journal, causes } = fixture({ maxBytes: 2000 });
  for (let index = 0; index < 100; index++) await journal.append([event({ cause: `number ${index}` })]);
  expect(warnings).toEqual([]);
  expect(statSync(file).size + statSync(older).size).toBeLessThan(2 * 2000 + 2 * 200);
  const kept = await causes();
  expect(kept.at(-1)).toBe('number 99');
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `number ${100 - kept.length + index}`));
  expect(kept.length).toBeGreaterThan(15);
});

test('a file that begins with a line older than seven days makes place for a new one; what is younger is still read', async () => {
  const { older, clock, journal, causes } = fixture();
  await journal.append([event({ cause: 'old' })]);
  clock.advance(6 * DAY_MS);
  await journal.append([event({ at: clock.now().toISOString(), cause: 'young' })]);
  expect(existsSync(older)).toBe(false);
  clock.advance(1 * DAY_MS + 1000);
  expect(await causes()).toEqual(['young']);
  await journal.append([event({ at: clock.now().toISOString(), cause: 'new' })]);
  expect(readFileSync(older, 'utf8').split('\n')).toHaveLength(3);
  expect(await causes()).toEqual(['young', 'new']);
});

test('an older file goes once its last line is older than seven days', async () => {
  const { file, older, clock, journal } = fixture();
  const append = (): Promise<void> => journal.append([event({ at: clock.now().toISOString() })]);
  await append();
  renameSync(file, older);
  clock.advance(7 * DAY_MS);
  await append();
  expect(existsSync(older)).toBe(true);
  clock.advance(1000);
  await append();
  expect(existsSync(older)).toBe(false);
});

test('a journal that can not be written is told once, throws nothing, and works again when it can', async () => {
  const { file, warnings, journal, causes } = fixture();
  writeFileSync(join(file, '..'), 'a file where the folder should be');
  await journal.append([event()]);
  await journal.append([event()]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(file);
  renameSync(join(file, '..'), join(file, '../../aside'));
  await journal.append([event({ cause: 'again' })]);
  expect(await causes()).toEqual(['again']);
  expect(warnings).toHaveLength(1);
});

/** What a follower sees, as it sees it. */
function followed(journal: ReturnType<typeof createEventJournal>): { seen: string[]; stop: () => void; ended: Promise<void> } {
  const stop = new AbortController();
  const seen: string[] = [];
  const events = journal.follow(stop.signal);
  const ended = (async () => {
    for await (const { cause } of events) seen.push(cause);
  })();
  return { seen, stop: () => stop.abort(), ended };
}

test('a follower gets what comes from its call on, as the system tells of it, and ends at the abort', async () => {
  const { journal } = fixture();
  await journal.append([event({ cause: 'before' })]);
  const { seen, stop, ended } = followed(journal);
  await journal.append([event({ cause: 'one' }), event({ cause: 'two' })]);
  await eventually(() => seen.length === 2);
  await journal.append([event({ cause: 'three' })]);
  await eventually(() => seen.length === 3);
  expect(seen).toEqual(['one', 'two', 'three']);
  stop();
  await ended;
});

test('where the system tells of no changes, a follower looks by itself', async () => {
  const { clock, journal } = fixture({
    watch: () => {
      throw new Error('no watching here');
    },
  });
  const { seen, stop, ended } = followed(journal);
  await clock.sleeping(2000);
  await journal.append([event({ cause: 'one' })]);
  expect(seen).toEqual([]);
  clock.advance(2000);
  await eventually(() => seen.length === 1);
  stop();
  await ended;
});

test('a follower loses and repeats nothing across changes of the file, late lines of the older one included', async () => {
  let tell = (): void => {};
  const { file, older, journal } = fixture({
    watch: (_, onChange) => {
      tell = onChange;
      return { close: () => {} };
    },
  });
  await journal.append([event({ cause: 'before' })]);
  const { seen, stop, ended } = followed(journal);
  await journal.append([event({ cause: 'one' })]);
  // Twice before it looks: its file has no name any more, and one has come and gone to the side.
  renameSync(file, older);
  await journal.append([event({ cause: 'two' })]);
  renameSync(file, older);
  await journal.append([event({ cause: 'three' })]);
  tell();
  await eventually(() => seen.length === 3);
  appendFileSync(older, `${JSON.stringify(event({ cause: 'late' }))}\n`);
  tell();
  await eventually(() => seen.length === 4);
  renameSync(file, older);
  await journal.append([event({ cause: 'four' })]);
  tell();
  await eventually(() => seen.length === 5);
  expect(seen).toEqual(['one', 'two', 'three', 'late', 'four']);
  stop();
  await ended;
});

test('half a line waits for its other half', async () => {
  let tell = (): void => {};
  const { file, journal } = fixture({
    watch: (_, onChange) => {
      tell = onChange;
      return { close: () => {} };
    },
  });
  await journal.append([event()]);
  const { seen, stop, ended } = followed(journal);
  const line = `${JSON.stringify(event({ cause: 'ação' }))}\n`;
  const bytes = Buffer.from(line);
  const middle = bytes.indexOf(0xc3) + 1;
  appendFileSync(file, bytes.subarray(0, middle));
  tell();
  appendFileSync(file, bytes.subarray(middle));
  tell();
  await eventually(() => seen.length === 1);
  expect(seen).toEqual(['ação']);
  stop();
  await ended;
});

test('a follower that gives up lets go of its files, and one that comes too late sees nothing', async () => {
  const { file, journal } = fixture();
  mkdirSync(join(file, '..'), { recursive: true });
  await journal.append([event()]);
  const open = (): number => readlinkAll().filter((target) => target === file).length;
  const stop = new AbortController();
  const events = journal.follow(stop.signal);
  expect(open()).toBe(1);
  stop.abort();
  expect(open()).toBe(0);
  for await (const _ of events) expect.unreachable();
  for await (const _ of journal.follow(stop.signal)) expect.unreachable();
});

function readlinkAll(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

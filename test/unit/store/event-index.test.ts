// The journal in memory: what is read of it, what of that anew, and what it costs everybody else.
import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import type { LifeEvent } from '../../../src/core/journal.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createEventIndex } from '../../../src/store/event-index.ts';
import { spellEvent } from '../../../src/store/event-lines.ts';
import { MOST_LINE_BYTES } from '../../../src/store/held-files.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;

const line = (over: Partial<LifeEvent> = {}): string => spellEvent({ at: '2030-01-01T12:00:00.000Z', event: 'created', desktop: ONE, cause: 'asked for', ...over });

function fixture(options?: Parameters<typeof createEventIndex>[1]) {
  const folder = mkdtempSync(join(home, 'index-'));
  const [older, file] = [join(folder, 'events.1.jsonl'), join(folder, 'events.jsonl')];
  const index = createEventIndex([older, file], options);
  const causes = async (filter = {}): Promise<string[]> => (await index.read(filter, 0)).map(({ cause }) => cause);
  return { older, file, index, causes };
}

test('what other processes append is read on from where reading stopped, across a change of files', async () => {
  const { older, file, causes } = fixture();
  expect(await causes()).toEqual([]);
  writeFileSync(file, line({ cause: '1' }));
  expect(await causes()).toEqual(['1']);
  appendFileSync(file, line({ cause: '2' }));
  renameSync(file, older);
  writeFileSync(file, line({ cause: '3' }));
  expect(await causes()).toEqual(['1', '2', '3']);
  // By a process that still holds the older one open.
  appendFileSync(older, line({ cause: 'late' }));
  expect(await causes()).toEqual(['1', '2', 'late', '3']);
  renameSync(file, older);
  expect(await causes()).toEqual(['3']);
  unlinkSync(older);
  expect(await causes()).toEqual([]);
});

test('a file that is replaced, emptied, or written anew in place is read from its beginning', async () => {
  const { file, causes } = fixture();
  writeFileSync(file, line({ cause: 'first' }) + line({ cause: 'second' }));
  expect(await causes()).toEqual(['first', 'second']);
  writeFileSync(`${file}.new`, line({ cause: 'of another file' }));
  renameSync(`${file}.new`, file);
  expect(await causes()).toEqual(['of another file']);
  truncateSync(file);
  expect(await causes()).toEqual([]);
  appendFileSync(file, line({ cause: 'short' }));
  expect(await causes()).toEqual(['short']);
  // Longer than what was read before: only that no line ends at that place tells it.
  writeFileSync(file, line({ cause: 'much longer than what was there before' }));
  expect(await causes()).toEqual(['much longer than what was there before']);
});

test('events are found by desktop and by client, and no older ones than are asked for', async () => {
  const { file, index, causes } = fixture();
  writeFileSync(file, line({ cause: 'a', client: 'x' }) + line({ cause: 'b', desktop: OTHER, client: 'y', at: '2030-01-01T11:00:00.000Z' }) + line({ cause: 'c', desktop: OTHER, client: 'x' }));
  expect(await causes({ desktop: OTHER })).toEqual(['b', 'c']);
  expect(await causes({ client: 'x' })).toEqual(['a', 'c']);
  expect(await causes({ desktop: OTHER, client: 'x' })).toEqual(['c']);
  expect(await causes({ desktop: 'nobody' })).toEqual([]);
  expect(await causes({ desktop: OTHER, since: '2030-01-01T11:30:00Z' })).toEqual(['c']);
  expect(await index.read({}, Date.parse('2030-01-01T11:30:00Z'))).toHaveLength(2);
});

test('half a line waits for its other half, and one longer than any event takes no other with it', async () => {
  const { file, causes } = fixture();
  const whole = line({ cause: 'ação' });
  writeFileSync(file, `${'x'.repeat(2 * MOST_LINE_BYTES)}`);
  expect(await causes()).toEqual([]);
  appendFileSync(file, `\n${whole.slice(0, -10)}`);
  expect(await causes()).toEqual([]);
  appendFileSync(file, whole.slice(-10));
  expect(await causes()).toEqual(['ação']);
});

test('no more events are kept than the bound, the newest, and found by desktop all the same', async () => {
  const { file, causes } = fixture({ mostEvents: 100 });
  for (let index = 0; index < 1_000; index++) appendFileSync(file, line({ cause: String(index), desktop: index % 2 === 0 ? ONE : OTHER }));
  const kept = await causes();
  expect(kept.length).toBeLessThanOrEqual(100);
  expect(kept.length).toBeGreaterThanOrEqual(50);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, place) => String(1_000 - kept.length + place)));
  expect(await causes({ desktop: OTHER })).toEqual(kept.filter((cause) => Number(cause) % 2 === 1));
});

test('sixty looks at a full journal at once read it once, and keep nobody from their turn for long', async () => {
  const { older, file, index } = fixture();
  const full = Array.from({ length: 25_000 }, (_, place) => line({ cause: `no viewer for 8h (${place})`, image: 'firefox-kiosk', client: '0123456789abcdef0123' })).join('');
  writeFileSync(older, full);
  writeFileSync(file, full + line({ desktop: OTHER, event: 'removed' }));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const looks = await Promise.all(Array.from({ length: 60 }, () => index.read({ desktop: OTHER }, 0)));
  delay.disable();
  expect(looks.map(({ length }) => length)).toEqual(Array.from({ length: 60 }, () => 1));
  // Whole it takes some hundred milliseconds, and sixty times that without an index.
  expect(delay.percentile(90) / 1e6).toBeLessThan(100);
});

test('files are held open once, however often they change', async () => {
  const { older, file, causes } = fixture();
  const before = openFilesUnder(home);
  for (let index = 0; index < 20; index++) {
    writeFileSync(file, line({ cause: String(index) }));
    expect(await causes()).toContain(String(index));
    renameSync(file, older);
  }
  await causes();
  expect(openFilesUnder(home) - before).toBeLessThanOrEqual(2);
});

function openFilesUnder(folder: string): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

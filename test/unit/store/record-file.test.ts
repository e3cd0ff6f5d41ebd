// Lists of records as files: that a change costs no writing of all, and that nothing is lost or revived, whoever is killed when.
import { appendFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { changesFileOf } from '../../../src/store/record-changes.ts';
import { createRecordFile, type RecordFile } from '../../../src/store/record-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

interface Thing {
  id: string;
  count: number;
  filler?: string;
}

const home = tempFolder();
let files = 0;

function newFile() {
  const file = join(home, String(++files), 'things.json');
  const isRecord = (value: unknown): value is Thing => typeof (value as Thing | null)?.id === 'string' && typeof (value as Thing).count === 'number';
  const open = (): RecordFile<Thing> => createRecordFile<Thing>({ file, now: () => new Date(), warn: expect.unreachable }, { name: 'things', isRecord, stillGood: (things) => things.filter(({ count }) => count >= 0), loss: '' });
  return { file, changes: changesFileOf(file), open };
}

const put = (store: RecordFile<Thing>, ...things: Thing[]): Promise<void> =>
  store.update((present) => ({ records: [...present.filter(({ id }) => !things.some((thing) => thing.id === id)), ...things], result: undefined }));
const drop = (store: RecordFile<Thing>, id: string): Promise<void> => store.update((present) => ({ records: present.filter((thing) => thing.id !== id), result: undefined }));
const sorted = async (store: RecordFile<Thing>): Promise<string[]> => (await store.read()).map(({ id, count }) => `${id}${count}`).sort();
const many = (count: number): Thing[] => Array.from({ length: count }, (_, place) => ({ id: `x${place}-`, count: 1 }));

test('a change of one of many is appended, and the list is not written again for it', async () => {
  const { file, changes, open } = newFile();
  const store = open();
  await put(store, ...many(5_000));
  const before = statSync(file);
  await put(store, { id: 'x7-', count: 2 });
  await drop(store, 'x8-');
  expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs, size: before.size });
  expect(readFileSync(changes, 'utf8').trim().split('\n')).toEqual(['{"put":{"id":"x7-","count":2}}', '{"drop":"x8-"}']);
  expect(statSync(changes).mode & 0o777).toBe(0o600);
  const read = await open().read();
  expect(read).toHaveLength(4_999);
  expect(read.find(({ id }) => id === 'x7-')).toEqual({ id: 'x7-', count: 2 });
});

test('a change that changes nothing writes nothing', async () => {
  const { file, changes, open } = newFile();
  const store = open();
  await put(store, { id: 'a', count: 1 });
  const before = statSync(file);
  await store.update((present) => ({ records: present.map((thing) => thing), result: undefined }));
  expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  expect(existsSync(changes)).toBe(false);
});

test('the changes stay bounded however many there are, and every process reads the same of them at each moment', async () => {
  const { file, changes, open } = newFile();
  const [store, reader] = [open(), open()];
  let wholeWritings = 0;
  let known = '';
  const filler = 'x'.repeat(500);
  for (let count = 0; count < 400; count++) {
    await put(store, { id: 'a', count, filler }, { id: `b${count % 7}-`, count, filler });
    const version = `${statSync(file).ino} ${statSync(file).mtimeMs}`;
    if (version !== known) wholeWritings++;
    known = version;
    if (count % 20 === 0) expect(await sorted(reader)).toEqual(await sorted(open()));
  }
  expect(existsSync(changes) ? statSync(changes).size : 0).toBeLessThan(40_000);
  expect(wholeWritings).toBeLessThan(20);
  expect(await sorted(reader)).toEqual(await sorted(store));
  expect(await sorted(reader)).toContain('a399');
});

test('a file from before there were changes is read, and changed', async () => {
  const { file, open } = newFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ things: [{ id: 'old', count: 1 }] }));
  const store = open();
  await put(store, { id: 'new', count: 1 });
  expect(await sorted(open())).toEqual(['new1', 'old1']);
});

test('a process that was killed while it appended takes no other change with it', async () => {
  const { changes, open } = newFile();
  const store = open();
  await put(store, ...many(1_000));
  await put(store, { id: 'a', count: 1 });
  appendFileSync(changes, '{"put":{"id":"torn","cou');
  expect(await sorted(open())).toContain('a1');
  await put(open(), { id: 'b', count: 1 });
  for (const each of [store, open()]) {
    const read = await sorted(each);
    expect(read).toEqual(expect.arrayContaining(['a1', 'b1']));
    expect(read.some((name) => name.startsWith('torn'))).toBe(false);
  }
});

test('a process that was killed between writing the list and removing the changes revives nothing', async () => {
  const { changes, open } = newFile();
  const store = open();
  await put(store, { id: 'used', count: 1 }, { id: 'revoked', count: 1 });
  for (let round = 0; !existsSync(changes) || statSync(changes).size < 30_000; round++) await put(store, { id: 'used', count: round + 2 }, { id: 'filler', count: round, filler: 'x'.repeat(500) });
  await drop(store, 'revoked');
  // Another name keeps what was in it when it was removed.
  linkSync(changes, `${changes}.kept`);
  for (let round = 0; existsSync(changes); round++) await put(store, { id: 'used', count: 1_000_000 + round, filler: 'x'.repeat(500) });
  const last = (await store.read()).find(({ id }) => id === 'used');
  renameSync(`${changes}.kept`, changes);
  for (const each of [store, open()]) {
    expect((await each.read()).find(({ id }) => id === 'used')).toEqual(last);
    expect((await sorted(each)).some((name) => name.startsWith('revoked'))).toBe(false);
  }
});

test('those that are over leave with the next change', async () => {
  const { open } = newFile();
  const store = open();
  await put(store, ...many(1_000), { id: 'over', count: -1 });
  await put(store, { id: 'a', count: 1 });
  await put(store, { id: 'a', count: -1 });
  expect(await sorted(open())).toHaveLength(1_000);
});

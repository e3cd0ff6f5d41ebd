import { expect, test } from 'vitest';
import { layOut, type Table, writeFields, writeTable } from '../../../src/ui/table.ts';
import { widthOfText } from '../../../src/ui/text.ts';
import { fakeStreams } from '../../support/fake-streams.ts';

const desktops: Table = {
  headers: true,
  columns: [{ heading: 'CLIENT' }, { heading: 'STATUS' }, { heading: 'IMAGE', shrinks: true }, { heading: 'URL' }, { heading: 'CREATED', drops: 1 }, { heading: 'LAST USED' }],
  rows: [
    ['111.222.333-44', 'ready', 'firefox-kiosk', 'http://127.0.0.1:5000/', '3m ago', '12s ago'],
    ['222.333.444-55', 'starting', 'firefox-kiosk', 'http://127.0.0.1:5001/', '1s ago', 'now'],
  ],
};

async function lines(table: Table, options: Parameters<typeof fakeStreams>[0] = {}): Promise<string[]> {
  const io = fakeStreams(options);
  await writeTable(io, table);
  return io.out().split('\n').slice(0, -1);
}

test('in a pipe a table is aligned text, uncut and uncoloured', async () => {
  expect(await lines(desktops)).toEqual([
    'CLIENT          STATUS    IMAGE          URL                     CREATED  LAST USED',
    '111.222.333-44  ready     firefox-kiosk  http://127.0.0.1:5000/  3m ago   12s ago',
    '222.333.444-55  starting  firefox-kiosk  http://127.0.0.1:5001/  1s ago   now',
  ]);
});

test('a list of desktops fits 80 columns of a terminal with nothing cut', async () => {
  const text = await lines(desktops, { terminals: ['stdout'], columns: 80, env: { NO_COLOR: '1' } });
  expect(text).toEqual([
    'CLIENT         STATUS   IMAGE         URL                    CREATED LAST USED',
    '111.222.333-44 ready    firefox-kiosk http://127.0.0.1:5000/ 3m ago  12s ago',
    '222.333.444-55 starting firefox-kiosk http://127.0.0.1:5001/ 1s ago  now',
  ]);
});

test('on a wide terminal the columns have their room', async () => {
  expect((await lines(desktops, { terminals: ['stdout'], columns: 120, env: { NO_COLOR: '1' } })).at(1)).toBe((await lines(desktops)).at(1));
});

test.each([79, 76, 72, 60, 40])('at %d columns no line is wider unless nothing more can be given up', async (columns) => {
  const text = await lines(desktops, { terminals: ['stdout'], columns, env: { NO_COLOR: '1' } });
  if (columns >= 68) for (const line of text) expect(widthOfText(line)).toBeLessThanOrEqual(columns);
  expect(text).toHaveLength(3);
});

test('columns are cut before one is dropped, and the least important goes first', () => {
  const table: Table = { headers: true, columns: [{ heading: 'A', shrinks: true }, { heading: 'BBBBB', drops: 1 }, { heading: 'CCCCC', drops: 2 }], rows: [['a'.repeat(20), '', '']] };
  expect(layOut(table, 34).columns.map(({ width }) => width)).toEqual([20, 5, 5]);
  expect(layOut(table, 28).columns.map(({ width }) => width)).toEqual([14, 5, 5]);
  expect(layOut(table, 20).columns.map(({ index }) => index)).toEqual([0, 1]);
  expect(layOut(table, 10).columns.map(({ index }) => index)).toEqual([0]);
});

test('headings are bold on a terminal that takes colour', async () => {
  const [headings, row] = await lines(desktops, { terminals: ['stdout'], columns: 100 });
  expect(headings).toContain('\x1b[1mCLIENT\x1b[22m');
  expect(row).not.toContain('\x1b');
});

test('a table without rows prints its headings, and nothing without those', async () => {
  expect(await lines({ ...desktops, rows: [] })).toEqual(['CLIENT  STATUS  IMAGE  URL  CREATED  LAST USED']);
  expect(await lines({ ...desktops, rows: [] }, { terminals: ['stdout'], env: { NO_COLOR: '1' } })).toEqual(['CLIENT  STATUS  IMAGE  URL  CREATED  LAST USED']);
  expect(await lines({ ...desktops, rows: [], headers: false })).toEqual([]);
  expect(await lines({ ...desktops, rows: [], headers: false }, { terminals: ['stdout'] })).toEqual([]);
});

test('wide characters keep the columns straight, in a pipe and on a terminal', async () => {
  const table: Table = { headers: true, columns: [{ heading: 'NAME' }, { heading: 'SIZE', right: true }], rows: [['桌面', '7'], ['b', '12']] };
  const expected = ['NAME  SIZE', '桌面     7', 'b       12'];
  expect(await lines(table)).toEqual(expected);
  expect(await lines(table, { terminals: ['stdout'], env: { NO_COLOR: '1' } })).toEqual(expected);
});

test('a cell can not steer the terminal', async () => {
  expect((await lines({ headers: false, columns: [{ heading: 'A' }], rows: [['a\x1b[2Jb\nc']] })).join('|')).toBe('a [2Jb c');
});

test('fields are labels and values under each other, without those that are absent', () => {
  const io = fakeStreams();
  writeFields(io, [['id', 'x'], ['created', undefined], ['last used', 'now']]);
  expect(io.out()).toBe('id         x\nlast used  now\n');
});

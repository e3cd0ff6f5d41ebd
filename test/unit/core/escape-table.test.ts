// The table of tries: what its rows become, and that what ships can be read.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readEscapeTable } from '../../../src/core/escape-table.ts';
import { keysymsOf } from '../../../src/core/keysyms.ts';

const SHIFT = 0xffe1;
const CONTROL = 0xffe3;

describe('the table of tries', () => {
  test('makes a try of each key with each of its modifiers, but those left out', () => {
    const tries = readEscapeTable({ tries: [{ keys: ['a-c', 'F1-2'], modifiers: ['', 'Control+Shift'], without: ['b'] }] });
    expect(tries.map(({ name }) => name)).toEqual(['a', 'Control+Shift+a', 'Control+Shift+b', 'c', 'Control+Shift+c', 'F1', 'Control+Shift+F1', 'F2', 'Control+Shift+F2']);
    expect(tries.at(1)?.steps).toEqual([{ kind: 'keys', keysyms: [CONTROL, SHIFT, 0x41] }]);
  });

  test('knows the key symbols that it names itself', () => {
    const [attempt] = readEscapeTable({ keysyms: { XF86Favorites: '1008ff30' }, tries: [{ keys: ['*XF86'] }] });
    expect(attempt).toMatchObject({ name: 'XF86Favorites', steps: [{ kind: 'keys', keysyms: [0x1008ff30] }], alone: false });
  });

  test('gives each of its values to the code of a page, as text that can not end it', () => {
    const [attempt] = readEscapeTable({ tries: [{ name: 'x', each: ['"; evil()'], do: [{ page: 'go(EACH)' }] }] });
    expect(attempt).toMatchObject({ name: 'x: "; evil()', steps: [{ kind: 'page', code: 'const EACH = "\\"; evil()"; go(EACH)' }] });
  });

  test('judges by itself what leads to another page or ends the browser', () => {
    const tries = readEscapeTable({ tries: [{ name: 'a', do: [{ click: [1, 2] }], back: ['Escape', 'click'] }, { keys: ['Control+w'], again: true }, { keys: ['F1'] }] });
    expect(tries.map(({ alone }) => alone)).toEqual([true, true, false]);
    expect(tries[0]?.back).toEqual([{ kind: 'keys', keysyms: [0xff1b] }, { kind: 'focus' }]);
  });

  test.each([
    [[], 'the table'],
    [{ tries: 1 }, 'tries: a list'],
    [{ tries: [{ keys: ['Control+nokey'] }] }, '"Control+nokey" is no key'],
    [{ tries: [{ name: 'x', do: [{ click: [1] }] }] }, 'tries[0].do[0]: one of'],
    [{ keysyms: { x: 'zz' }, tries: [] }, 'keysyms.x'],
  ])('refuses %j and names the place', (table, place) => {
    expect(() => readEscapeTable(table)).toThrow(expect.objectContaining({ code: 'BAD_ESCAPE_TABLE', message: expect.stringContaining(place) as string }) as Error);
  });

  test('that ships has all media and system keys, letters and function keys with their modifiers, and the pages', () => {
    const names = new Set(readEscapeTable(JSON.parse(readFileSync('templates/escapes.json', 'utf8'))).map(({ name }) => name));
    for (const name of ['XF86Favorites', 'Shift+XF86Search', 'Control+Alt+Shift+z', 'Control+j', 'F12', 'Alt+Shift+F24', 'an address of another program: mailto:a@example.com', 'a file to save: /file', 'the printer: print()', 'an add-on', 'a window of the page']) {
      expect(names).toContain(name);
    }
  });
});

test('a shifted sign is the sign above it', () => {
  expect(keysymsOf('Control+Shift+1')).toEqual([CONTROL, SHIFT, 0x21]);
  expect(keysymsOf('Control+é')).toEqual([CONTROL, 0xe9]);
  expect(keysymsOf('Nothing+a')).toBeUndefined();
});

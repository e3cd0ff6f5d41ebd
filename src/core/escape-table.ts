// The table of tries to leave a kiosk: reads what is written down as data and makes single tries of it. What a try does is carried out
// in trial/; in which order and what follows from it is escape-search.ts. The table: templates/escapes.json.
import { VncctlError } from '../errors.ts';
import { keysymsOf } from './keysyms.ts';

export type EscapeButton = 'left' | 'middle' | 'right';

/** One act of a try. Places are pixels of the screen. */
export type EscapeStep =
  | { kind: 'keys'; keysyms: readonly number[] }
  /** A key that stays down, or is let go. */
  | { kind: 'hold' | 'release'; keysyms: readonly number[] }
  | { kind: 'type'; text: string }
  /** JavaScript that the page runs at a click into it, with all that a page may do at a click. */
  | { kind: 'page'; code: string }
  | { kind: 'click'; x: number; y: number; button: EscapeButton }
  /** A click into the page, away from what a try adds to it. */
  | { kind: 'focus' }
  | { kind: 'drag'; from: readonly [number, number]; to: readonly [number, number] };

/** One try, after which the page has to be on the screen as it was, with the keyboard. */
export interface EscapeTry {
  name: string;
  steps: readonly EscapeStep[];
  /** What leads back from where the try rightly leads: another page, a question of the page. */
  back: readonly EscapeStep[];
  /** Path of the page server that the try has to ask for, so that what a page may do keeps working. */
  asks?: string;
  /** Whether it rightly ends the browser, which then comes again by itself with the page. */
  again: boolean;
  /** Whether it has to be judged by itself, since what follows it could hide what it did. */
  alone: boolean;
}

type Row = Readonly<Record<string, unknown>>;

const BUTTONS: readonly EscapeButton[] = ['left', 'middle', 'right'];

/** All tries of a table, in its order. Throws BAD_ESCAPE_TABLE with the place of the first fault. */
export function readEscapeTable(table: unknown): EscapeTry[] {
  const { keysyms = {}, tries } = objectOf(table, 'the table');
  const names = Object.fromEntries(Object.entries(objectOf(keysyms, 'keysyms')).map(([name, hex]) => [name, hexOf(hex, `keysyms.${name}`)]));
  if (!Array.isArray(tries)) throw fault('tries', 'a list is expected');
  return tries.flatMap((row: unknown, at) => {
    const place = `tries[${at}]`;
    const fields = objectOf(row, place);
    return fields['keys'] === undefined ? actTries(fields, names, place) : keyTries(fields, names, place);
  });
}

/** Rows with `keys`: each of them with each of the `modifiers`. `*XF86` stands for all names that begin so, `a-z` for a range. */
function keyTries(row: Row, names: Readonly<Record<string, number>>, place: string): EscapeTry[] {
  const keys = listOf(row['keys'], `${place}.keys`).flatMap((key) => spread(key, names));
  const modifiers = row['modifiers'] === undefined ? [''] : listOf(row['modifiers'], `${place}.modifiers`);
  const without = new Set(row['without'] === undefined ? [] : listOf(row['without'], `${place}.without`));
  // A key symbol that the screen's keyboard lacks takes a while to be put on it: once for all its modifiers.
  return keys
    .flatMap((key) => modifiers.map((modifier) => (modifier === '' ? key : `${modifier}+${key}`)))
    .filter((key) => !without.has(key))
    .map((key) => ({ name: key, steps: [keyStep(key, names, place)], ...outcomeOf(row, names, place) }));
}

/** Rows with `do`: what is done, one after another; with `each`, once for each of these, which the page's code calls EACH. */
function actTries(row: Row, names: Readonly<Record<string, number>>, place: string): EscapeTry[] {
  const name = textOf(row['name'], `${place}.name`);
  const acts = row['do'];
  if (!Array.isArray(acts)) throw fault(`${place}.do`, 'a list is expected');
  const each = row['each'] === undefined ? [undefined] : listOf(row['each'], `${place}.each`);
  return each.map((value) => ({
    name: value === undefined ? name : `${name}: ${value}`,
    steps: acts.map((act: unknown, at) => stepOf(objectOf(act, `${place}.do[${at}]`), value, names, `${place}.do[${at}]`)),
    ...outcomeOf(row, names, place),
  }));
}

function outcomeOf(row: Row, names: Readonly<Record<string, number>>, place: string): Pick<EscapeTry, 'back' | 'asks' | 'again' | 'alone'> {
  const keys = row['back'] === undefined ? [] : listOf(row['back'], `${place}.back`);
  const back = keys.map((key): EscapeStep => (key === 'click' ? { kind: 'focus' } : keyStep(key, names, `${place}.back`)));
  const asks = row['asks'] === undefined ? {} : { asks: textOf(row['asks'], `${place}.asks`) };
  const again = row['again'] === true;
  return { back, ...asks, again, alone: again || row['alone'] === true || back.length > 0 || row['asks'] !== undefined };
}

function stepOf(act: Row, each: string | undefined, names: Readonly<Record<string, number>>, place: string): EscapeStep {
  for (const kind of ['key', 'hold', 'release'] as const) {
    if (act[kind] !== undefined) return { ...keyStep(textOf(act[kind], `${place}.${kind}`), names, place), kind: kind === 'key' ? 'keys' : kind };
  }
  if (act['type'] !== undefined) return { kind: 'type', text: textOf(act['type'], `${place}.type`) };
  if (act['page'] !== undefined) return { kind: 'page', code: `const EACH = ${JSON.stringify(each ?? '')}; ${textOf(act['page'], `${place}.page`)}` };
  if (Array.isArray(act['click'])) {
    const [x, y, button = 'left'] = act['click'] as unknown[];
    const known = BUTTONS.find((name) => name === button);
    if (isPlace(x) && isPlace(y) && known) return { kind: 'click', x, y, button: known };
  }
  if (Array.isArray(act['drag'])) {
    const [fromX, fromY, toX, toY] = act['drag'] as unknown[];
    if (isPlace(fromX) && isPlace(fromY) && isPlace(toX) && isPlace(toY)) return { kind: 'drag', from: [fromX, fromY], to: [toX, toY] };
  }
  throw fault(place, 'one of key, hold, release, type, page, click: [x, y] or [x, y, button], drag: [x, y, x, y] is expected');
}

function keyStep(key: string, names: Readonly<Record<string, number>>, place: string): { kind: 'keys'; keysyms: readonly number[] } {
  const keysyms = keysymsOf(key, names);
  if (!keysyms) throw fault(place, `"${key}" is no key`);
  return { kind: 'keys', keysyms };
}

function spread(key: string, names: Readonly<Record<string, number>>): string[] {
  if (key.startsWith('*')) return Object.keys(names).filter((name) => name.startsWith(key.slice(1)));
  const [, prefix = '', from = '', to = ''] = /^(F?)([a-z]|\d+)-([a-z]|\d+)$/.exec(key) ?? [];
  if (from === '') return [key];
  if (/\d/.test(from)) return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => `${prefix}${Number(from) + at}`);
  const first = from.charCodeAt(0);
  return Array.from({ length: to.charCodeAt(0) - first + 1 }, (_, at) => String.fromCharCode(first + at));
}

const isPlace = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 0x10000;

function objectOf(value: unknown, place: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw fault(place, 'names with values are expected');
}

function listOf(value: unknown, place: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw fault(place, 'a list of texts is expected');
}

function textOf(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw fault(place, 'a text is expected');
}

function hexOf(value: unknown, place: string): number {
  if (typeof value === 'string' && /^[0-9a-f]{1,8}$/.test(value)) return Number.parseInt(value, 16);
  throw fault(place, 'the number of a key symbol in hexadecimal is expected');
}

const fault = (place: string, what: string): VncctlError => new VncctlError('BAD_ESCAPE_TABLE', `the table of tries can't be used: ${place}: ${what}`);

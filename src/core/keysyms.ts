// Keys by name, as X calls them, and which key symbols pressing them sends: those that a table of key presses needs (X11's keysymdef.h).

const NAMED: Readonly<Record<string, number>> = {
  space: 0x20,
  BackSpace: 0xff08,
  Tab: 0xff09,
  Return: 0xff0d,
  Pause: 0xff13,
  Sys_Req: 0xff15,
  Escape: 0xff1b,
  Home: 0xff50,
  Left: 0xff51,
  Up: 0xff52,
  Right: 0xff53,
  Down: 0xff54,
  Page_Up: 0xff55,
  Page_Down: 0xff56,
  End: 0xff57,
  Select: 0xff60,
  Print: 0xff61,
  Execute: 0xff62,
  Insert: 0xff63,
  Undo: 0xff65,
  Redo: 0xff66,
  Menu: 0xff67,
  Find: 0xff68,
  Cancel: 0xff69,
  Help: 0xff6a,
  Break: 0xff6b,
  KP_Enter: 0xff8d,
  KP_Add: 0xffab,
  KP_Subtract: 0xffad,
  Delete: 0xffff,
};

const MODIFIERS: Readonly<Record<string, number>> = { Shift: 0xffe1, Control: 0xffe3, Meta: 0xffe7, Alt: 0xffe9, Super: 0xffeb };

const SHIFTED: Readonly<Record<string, string>> = {
  '1': '!', '2': '@', '3': '#', '4': '$', '5': '%', '6': '^', '7': '&', '8': '*', '9': '(', '0': ')',
  '-': '_', '=': '+', '[': '{', ']': '}', '\\': '|', ';': ':', "'": '"', ',': '<', '.': '>', '/': '?', '`': '~',
};

/** The key symbols of a key with its modifiers, `Control+Shift+a`, in the order they are pressed; further names may be given. Undefined for a name that is none. */
export function keysymsOf(key: string, further: Readonly<Record<string, number>> = {}): number[] | undefined {
  const parts = key.split(/\+(?=.)/);
  const last = parts.pop() ?? '';
  const modifiers = parts.map((name) => MODIFIERS[name]);
  const keysym = symbolOf(parts.includes('Shift') ? (SHIFTED[last] ?? (last.length === 1 ? last.toUpperCase() : last)) : last, further);
  const all = [...modifiers, keysym];
  return all.every((symbol) => symbol !== undefined) ? all : undefined;
}

/** Of a character, which stands for itself. */
export function characterKeysym(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? code : 0x1000000 + code;
}

function symbolOf(name: string, further: Readonly<Record<string, number>>): number | undefined {
  if ([...name].length === 1) return characterKeysym(name);
  const [, number] = /^F([1-9]|[12]\d|3[0-5])$/.exec(name) ?? [];
  if (number !== undefined) return 0xffbd + Number(number);
  return NAMED[name] ?? MODIFIERS[name] ?? further[name];
}

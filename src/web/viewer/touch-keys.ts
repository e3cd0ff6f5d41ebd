// Which keys a changed text stands for. Pure; the field and its events belong to touch-keyboard.ts.

const BACKSPACE = 0xff08;
const RETURN = 0xff0d;

/** X11 key symbol of a character: Latin-1 as it is, everything else by the Unicode rule of the X protocol. */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point === 0x0a || point === 0x0d) return RETURN;
  if ((point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff)) return point;
  return 0x01000000 | point;
}

/** Keys that turn `before` into `after` with the cursor at the end: backspaces, then characters. */
export function keysForChange(before: string, after: string): number[] {
  const old = [...before];
  const now = [...after];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
  return [...old.slice(same).map(() => BACKSPACE), ...now.slice(same).map(keysymOf)];
}

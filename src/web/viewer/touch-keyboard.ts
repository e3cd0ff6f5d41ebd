// Typing with a phone's on-screen keyboard: a hidden field takes the text, and what changed in it is
// sent as keys. Phones report no usable key events, only changed text.

const BACKSPACE = 0xff08;
const RETURN = 0xff0d;
/** Kept in the field so that a phone's backspace always has something to delete. */
const FILLER = '\u00a0'.repeat(32);

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

/** Makes `field` send what is typed into it, and returns how to open or close the phone's keyboard. */
export function createTouchKeyboard(field: HTMLTextAreaElement, sendKey: (keysym: number) => void): { toggle(): void } {
  let before = FILLER;
  const refill = () => {
    before = FILLER;
    field.value = FILLER;
    field.setSelectionRange(FILLER.length, FILLER.length);
  };
  field.addEventListener('focus', refill);
  field.addEventListener('input', (event) => {
    const after = field.value;
    for (const key of keysForChange(before, after)) sendKey(key);
    before = after;
    // Refilling in the middle of a composition would end it.
    if (!(event as InputEvent).isComposing && (after.length < 8 || after.length > 256)) refill();
  });
  return {
    toggle() {
      if (field.ownerDocument.activeElement === field) field.blur();
      else field.focus();
    },
  };
}

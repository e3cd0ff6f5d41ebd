// Typing with a phone's on-screen keyboard: a hidden field takes the text, and what changed in it is
// sent as keys. Phones report no usable key events, only changed text.

import { keysForChange } from './touch-keys.ts';

/** Kept in the field so that a phone's backspace always has something to delete. */
const FILLER = '\u00a0'.repeat(32);

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

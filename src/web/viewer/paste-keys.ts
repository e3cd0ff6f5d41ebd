// The keys that paste, and those that copy. noVNC would keep them from the browser, which then never says what the person pastes: so they are left to the
// browser first, whose `paste` event brings the text without asking for a permission, and go on to the desktop behind the text.

/** What is asked of a key press. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly target: unknown;
  stopImmediatePropagation(): void;
}

/** What is asked of a `paste` event. */
export interface Paste {
  readonly clipboardData: { getData(format: string): string } | null;
  preventDefault(): void;
}

export interface PasteSurroundings {
  /** Whether a key press is for the desktop, and not for a text field of the page. */
  isForDesktop(event: KeyPress): boolean;
  /** Takes what is in the person's clipboard. */
  paste(text: string): void;
  /** The person presses keys that copy, which go on as they are. */
  copying(): void;
  /** Presses and releases the key in the desktop. */
  press(keysym: number, code: string): void;
  setTimer(action: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export interface PasteKeys {
  /** Before any other listener. */
  keydown(event: KeyPress): void;
  paste(event: Paste): void;
}

const COPY_KEYS: ReadonlySet<string> = new Set(['c', 'C', 'x', 'X', 'Insert']);
const KEYSYM_V = 0x76;
const KEYSYM_UPPER_V = 0x56;
const KEYSYM_INSERT = 0xff63;
/** A browser with nothing to paste may say nothing. */
const PASTE_WITHIN_MS = 100;

/** Watches for Ctrl+V, Ctrl+Shift+V and Shift+Insert, and for Ctrl with C, X and Insert; other keys are left alone. */
export function createPasteKeys({ isForDesktop, paste, copying, press, setTimer, clearTimer }: PasteSurroundings): PasteKeys {
  let waiting: { timer: unknown; pass(): void } | undefined;

  const passOn = (): void => {
    const key = waiting;
    waiting = undefined;
    if (key === undefined) return;
    clearTimer(key.timer);
    key.pass();
  };

  return {
    keydown(event) {
      const keysym = pasteKeysym(event);
      if (!isForDesktop(event)) return;
      if (keysym === undefined) {
        if (event.ctrlKey && COPY_KEYS.has(event.key)) copying();
        return;
      }
      event.stopImmediatePropagation();
      passOn();
      const { code } = event;
      waiting = { timer: setTimer(passOn, PASTE_WITHIN_MS), pass: () => press(keysym, code) };
    },
    paste(event) {
      if (waiting === undefined) return;
      paste(event.clipboardData?.getData('text/plain') ?? '');
      event.preventDefault();
      passOn();
    },
  };
}

function pasteKeysym({ key, ctrlKey, shiftKey, altKey, metaKey }: KeyPress): number | undefined {
  if (altKey || metaKey) return undefined;
  if (ctrlKey && (key === 'v' || key === 'V')) return shiftKey ? KEYSYM_UPPER_V : KEYSYM_V;
  return shiftKey && !ctrlKey && key === 'Insert' ? KEYSYM_INSERT : undefined;
}

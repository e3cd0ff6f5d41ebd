// Text both ways between the person's clipboard and the desktop's. What the person copied elsewhere is theirs: the desktop gets it when
// they paste, and at no other time; and it never takes the place of what was copied in the desktop since.

/** Where text of the person goes; absent while nothing is connected. */
export type SendText = (text: string) => void;

export interface ClipboardSurroundings {
  /** The text field of the panel. */
  field: { value: string; addEventListener(type: 'input', listener: () => void): void };
  /** `navigator.clipboard`, absent on pages without a secure context. */
  system: { writeText(text: string): Promise<void> } | undefined;
  send: SendText;
  /** Milliseconds from any moment on. */
  now(): number;
}

export interface ClipboardBridge {
  /** Text copied in the desktop. */
  fromDesktop(text: string): void;
  /** What is in the person's clipboard as they paste into the desktop. */
  paste(text: string): void;
  /** The person presses the keys that copy in the desktop, whose text comes a little later. */
  copying(): void;
  /** The page has the focus again: the person may have copied something elsewhere. */
  onFocus(): void;
}

const COPIED_WITHIN_MS = 1_000;

/** Joins the two clipboards; what came from the desktop is not sent back to it. */
export function createClipboard(around: ClipboardSurroundings): ClipboardBridge {
  // What the desktop has, and what the person's clipboard was seen to hold.
  let last = '';
  let seen: string | undefined;
  let mayBeNew = true;
  let copyingUntil = Number.NEGATIVE_INFINITY;

  around.field.addEventListener('input', () => {
    last = around.field.value;
    mayBeNew = false;
    around.send(last);
  });

  return {
    fromDesktop(text) {
      last = text;
      mayBeNew = false;
      around.field.value = text;
      // Refused without focus or permission: the field still has it.
      around.system?.writeText(text).catch(() => undefined);
    },
    paste(text) {
      if (around.now() < copyingUntil) return;
      const isNew = mayBeNew && text !== seen;
      seen = text;
      if (!isNew || text === '' || text === last) return;
      last = text;
      around.field.value = text;
      around.send(text);
    },
    copying() {
      copyingUntil = around.now() + COPIED_WITHIN_MS;
    },
    onFocus() {
      mayBeNew = true;
    },
  };
}

// Text both ways between the person's clipboard and the desktop's: by itself where the browser
// allows it, and through a text field where it doesn't.

/** Where text of the person goes; absent while nothing is connected. */
export type SendText = (text: string) => void;

export interface ClipboardSurroundings {
  field: HTMLTextAreaElement;
  /** `navigator.clipboard`, absent on pages without a secure context. */
  system: Clipboard | undefined;
  send: SendText;
}

export interface ClipboardBridge {
  /** Text copied in the desktop. */
  fromDesktop(text: string): void;
  /** Called when the page gets the focus: takes over what the person copied elsewhere. */
  onFocus(): void;
}

/** Joins the two clipboards; what came from one side is not sent back to it. */
export function createClipboard(around: ClipboardSurroundings): ClipboardBridge {
  let last = '';

  around.field.addEventListener('input', () => {
    last = around.field.value;
    around.send(last);
  });

  return {
    fromDesktop(text) {
      last = text;
      around.field.value = text;
      // Refused without focus or permission: the field still has it.
      around.system?.writeText(text).catch(() => undefined);
    },
    onFocus() {
      around.system
        ?.readText()
        .then((text) => {
          if (text === '' || text === last) return;
          last = text;
          around.field.value = text;
          around.send(text);
        })
        .catch(() => undefined);
    },
  };
}

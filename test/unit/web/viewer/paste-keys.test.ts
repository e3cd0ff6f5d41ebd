import { expect, test } from 'vitest';
import { createClipboard } from '../../../../src/web/viewer/clipboard.ts';
import { createPasteKeys, type KeyPress } from '../../../../src/web/viewer/paste-keys.ts';

interface Stand {
  nowMs: number;
  /** What went to the desktop, in its order. */
  sent: string[];
  keydown(key: Partial<KeyPress>): boolean;
  pasteEvent(text: string): void;
  /** The browser says nothing of a paste. */
  timeIsOver(): void;
  clipboard: ReturnType<typeof createClipboard>;
  type(text: string): void;
}

function stand(): Stand {
  const sent: string[] = [];
  let action = (): void => {};
  let onInput = (): void => {};
  const field = { value: '', addEventListener: (_: string, listener: () => void) => void (onInput = listener) };
  const clipboard = createClipboard({ field, system: undefined, send: (text) => sent.push(`text ${text}`), now: () => made.nowMs });
  const keys = createPasteKeys({
    isForDesktop: ({ target }) => target === null,
    paste: (text) => clipboard.paste(text),
    copying: () => clipboard.copying(),
    press: (keysym, code) => sent.push(`key ${keysym.toString(16)} ${code}`),
    setTimer: (next) => {
      action = next;
    },
    clearTimer: () => void (action = () => {}),
  });
  const made: Stand = {
    nowMs: 0,
    sent,
    keydown(key) {
      let stopped = false;
      keys.keydown({ target: null, code: 'KeyV', ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, key: '', stopImmediatePropagation: () => void (stopped = true), ...key });
      return stopped;
    },
    pasteEvent: (text) => keys.paste({ clipboardData: { getData: () => text }, preventDefault: () => {} }),
    timeIsOver: () => action(),
    clipboard,
    type(text) {
      field.value = text;
      onInput();
    },
  };
  return made;
}

test('a paste brings the text first and the key behind it', () => {
  const made = stand();
  expect(made.keydown({ key: 'v', ctrlKey: true })).toBe(true);
  expect(made.sent).toEqual([]);
  made.pasteEvent('mine');
  expect(made.sent).toEqual(['text mine', 'key 76 KeyV']);
  made.timeIsOver();
  expect(made.sent).toHaveLength(2);
});

test.each([
  [{ key: 'V', ctrlKey: true, shiftKey: true }, 'key 56 KeyV'],
  [{ key: 'Insert', code: 'Insert', shiftKey: true }, 'key ff63 Insert'],
])('%o pastes too, and goes on where the browser says nothing', (key, pressed) => {
  const made = stand();
  expect(made.keydown(key)).toBe(true);
  made.timeIsOver();
  expect(made.sent).toEqual([pressed]);
});

test.each([{ key: 'v' }, { key: 'c', ctrlKey: true }, { key: 'v', ctrlKey: true, altKey: true }, { key: 'v', ctrlKey: true, target: 'a text field' }])('%o is left alone', (key) => {
  const made = stand();
  expect(made.keydown(key)).toBe(false);
  made.pasteEvent('for a field of the page');
  expect(made.sent).toEqual([]);
});

test('neither the focus nor a text that is known sends anything', () => {
  const made = stand();
  made.clipboard.onFocus();
  expect(made.sent).toEqual([]);
  made.clipboard.paste('mine');
  made.clipboard.onFocus();
  made.clipboard.paste('mine');
  expect(made.sent).toEqual(['text mine']);
});

test('right after the keys that copy in the desktop, what is in the clipboard from before is not handed over', () => {
  const made = stand();
  expect(made.keydown({ key: 'c', ctrlKey: true })).toBe(false);
  made.clipboard.paste('from before');
  expect(made.sent).toEqual([]);
  made.nowMs = 1_000;
  made.clipboard.paste('from before');
  expect(made.sent).toEqual(['text from before']);
});

test('what was copied in the desktop or written into the panel since is not replaced by what is in the clipboard from before', () => {
  const made = stand();
  made.clipboard.paste('old');
  made.clipboard.fromDesktop('copied there');
  made.clipboard.paste('old');
  made.clipboard.onFocus();
  made.clipboard.paste('old');
  made.type('from the panel');
  made.clipboard.paste('unseen, but from before the panel');
  expect(made.sent).toEqual(['text old', 'text from the panel']);
  made.clipboard.onFocus();
  made.clipboard.paste('copied elsewhere since');
  expect(made.sent.at(-1)).toBe('text copied elsewhere since');
});

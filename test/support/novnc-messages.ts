// noVNC's own code that writes client messages, run without a browser: what a test compares with is then what viewers really send.
import { vi } from 'vitest';

const FORMAT_TEXT = 1;
const ACTIONS = { caps: 1 << 24, request: 1 << 25, peek: 1 << 26, notify: 1 << 27, provide: 1 << 28 };

/** The functions of noVNC's RFB.messages that write to a socket. */
type Writers = Record<string, (socket: Sink, ...args: unknown[]) => void>;

/** What they need of noVNC's Websock. */
class Sink {
  readonly bytes: number[] = [];
  sQpush8 = (value: number): void => void this.bytes.push(value & 0xff);
  sQpush16 = (value: number): void => void this.bytes.push((value >> 8) & 0xff, value & 0xff);
  sQpush32 = (value: number): void => void this.bytes.push((value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
  sQpushBytes = (values: Iterable<number>): void => void this.bytes.push(...values);
  sQpushString = (text: string): void => void this.bytes.push(...Buffer.from(text, 'latin1'));
  flush = (): void => undefined;
}

/** A thing of a browser that can be asked, called and made, and does nothing. */
const nothing: unknown = new Proxy(function () {}, {
  get: (_target, name) => (name === 'then' ? undefined : name === Symbol.toPrimitive ? () => '' : nothing),
  apply: () => nothing,
  construct: () => nothing as object,
  set: () => true,
  has: () => false,
});

async function loadWriters(): Promise<Writers> {
  for (const name of ['window', 'document', 'navigator', 'MutationObserver', 'WebSocket', 'Image']) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value: nothing, configurable: true, writable: true });
  }
  // On loading it warns of what it misses in the browser.
  const warnings = vi.spyOn(console, 'warn').mockReturnValue();
  try {
    // Named in a variable: the package has no types, and the viewer's own are for a browser.
    const novnc = '@novnc/novnc';
    return ((await import(novnc)) as { default: { messages: Writers } }).default.messages;
  } finally {
    warnings.mockRestore();
  }
}

/** Every kind of client message as noVNC writes it: those of input, and those that nobody has to sit in front of a viewer for. */
export async function novncMessages() {
  const writers = await loadWriters();
  const write = (name: string, ...args: unknown[]): Buffer => {
    const sink = new Sink();
    const writer = writers[name];
    if (writer === undefined) throw new Error(`noVNC has no message ${name}`);
    writer.call(writers, sink, ...args);
    return Buffer.from(sink.bytes);
  };
  return {
    pixelFormat: (depth = 24) => write('pixelFormat', depth, true),
    encodings: (encodings: readonly number[]) => write('clientEncodings', encodings),
    updateRequest: (incremental = true) => write('fbUpdateRequest', incremental, 0, 0, 1280, 720),
    continuousUpdates: (enable = true) => write('enableContinuousUpdates', enable, 0, 0, 1280, 720),
    fence: (payload: string) => write('clientFence', 0x80000001, payload),
    key: (keysym: number, down: boolean) => write('keyEvent', keysym, down ? 1 : 0),
    qemuKey: (keysym: number, down: boolean, keycode: number) => write('QEMUExtendedKeyEvent', keysym, down ? 1 : 0, keycode),
    pointer: (x: number, y: number, mask: number) => write('pointerEvent', x, y, mask),
    longPointer: (x: number, y: number, mask: number) => write('extendedPointerEvent', x, y, mask),
    cutText: (text: string) => write('clientCutText', Buffer.from(text, 'latin1')),
    clipboardCaps: () => write('extendedClipboardCaps', Object.values(ACTIONS), { 0: 0 }),
    clipboardRequest: () => write('extendedClipboardRequest', [FORMAT_TEXT]),
    clipboardNotify: () => write('extendedClipboardNotify', [FORMAT_TEXT]),
    clipboardNotifyNothing: () => write('extendedClipboardNotify', []),
    clipboardProvide: (text: string) => write('extendedClipboardProvide', [FORMAT_TEXT], [text]),
    desktopSize: (width: number, height: number) => write('setDesktopSize', width, height, 0, 0),
    xvp: (operation: number) => write('xvpOp', 1, operation),
  };
}

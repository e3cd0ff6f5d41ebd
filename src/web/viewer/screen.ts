// The picture of the desktop: makes noVNC's objects, one an attempt, and keeps what the person chose on whichever is there.

import RFB from '@novnc/novnc';
import type { AttemptEvents } from './connection.ts';
import { keepKeyForm } from './key-form.ts';
import { levelsOf, type Preferences } from './preferences.ts';

export interface ScreenOptions {
  target: HTMLElement;
  /** Address of the WebSocket. */
  url(): string;
  /** What to offer as its subprotocols. */
  protocols(): string[];
  /** Whether a server that wants a key, or refuses it, is the person's affair; otherwise it is one more failed attempt. */
  takesKey: boolean;
  onConnected(): void;
  onName(name: string): void;
  /** Text copied in the desktop. */
  onClipboard(text: string): void;
}

export interface DesktopScreen {
  /** Starts an attempt; see ConnectionSurroundings. */
  connect(key: string | undefined, events: AttemptEvents): { close(): void };
  /** What follows does nothing while there is no attempt, and holds for the next ones. */
  choose(preferences: Preferences): void;
  setViewOnly(viewOnly: boolean): void;
  sendText(text: string): void;
  sendKey(keysym: number, code?: string): void;
  sendCtrlAltDel(): void;
  focus(): void;
}

/** The code by which a gateway closes the socket of a viewer that was ended on purpose; the one in gateway/close-codes.ts. */
const KICKED = 4001;

/** A screen without an attempt. */
export function createScreen(options: ScreenOptions, chosen: { preferences: Preferences; viewOnly: boolean }): DesktopScreen {
  let { preferences, viewOnly } = chosen;
  let rfb: RFB | undefined;

  function apply(): void {
    if (!rfb) return;
    const levels = levelsOf(preferences.quality);
    rfb.viewOnly = viewOnly;
    rfb.scaleViewport = preferences.size !== 'original';
    rfb.resizeSession = preferences.size === 'remote' && !viewOnly;
    rfb.qualityLevel = levels.quality;
    rfb.compressionLevel = levels.compression;
  }

  return {
    connect(key, events) {
      const socket = new WebSocket(options.url(), options.protocols());
      // noVNC tells no close codes. Before its own listener, which ends the attempt.
      socket.addEventListener('close', ({ code }) => {
        if (code === KICKED) events.kicked();
      });
      const form = keepKeyForm();
      // noVNC sends each message by itself, from a buffer of its own.
      const send = socket.send.bind(socket);
      socket.send = (message: Uint8Array<ArrayBuffer>) => send(form(message));
      const attempt = new RFB(options.target, socket, {
        shared: true,
        ...(key === undefined ? {} : { credentials: { password: key } }),
      });
      rfb = attempt;
      attempt.background = 'transparent';
      attempt.showDotCursor = true;
      apply();
      attempt.addEventListener('connect', () => {
        events.connected();
        options.onConnected();
      });
      attempt.addEventListener('credentialsrequired', () => (options.takesKey ? events.keyRequired() : attempt.disconnect()));
      attempt.addEventListener('securityfailure', () => {
        if (options.takesKey) events.refused();
      });
      attempt.addEventListener('disconnect', () => {
        if (rfb === attempt) rfb = undefined;
        events.ended();
      });
      attempt.addEventListener('desktopname', (event) => options.onName(event.detail.name));
      attempt.addEventListener('clipboard', (event) => options.onClipboard(event.detail.text));
      return { close: () => attempt.disconnect() };
    },
    choose(value) {
      preferences = value;
      apply();
    },
    setViewOnly(value) {
      if (value === viewOnly) return;
      viewOnly = value;
      apply();
    },
    sendText(text) {
      if (!viewOnly) rfb?.clipboardPasteFrom(text);
    },
    sendKey: (keysym, code) => rfb?.sendKey(keysym, code ?? null),
    sendCtrlAltDel: () => rfb?.sendCtrlAltDel(),
    focus: () => rfb?.focus({ preventScroll: true }),
  };
}

// The viewer page, put together: what it is told by its address and its server, the door it goes through (an image's own, with a
// key, or a gateway's, with a ticket), and the person's tools.

import { createClipboard } from './clipboard.ts';
import { createPasteKeys } from './paste-keys.ts';
import { createConnection } from './connection.ts';
import { fragmentWithout, secretFromFragment } from './fragment.ts';
import { createGatewayDoor } from './gateway-door.ts';
import { createGatewaySession } from './gateway-session.ts';
import type { DesktopState } from './gateway-state.ts';
import { messagesFor } from './i18n.ts';
import { keyRing, remembered } from './key.ts';
import { ASLEEP, showNotice } from './notice.ts';
import { findPage, translate } from './page.ts';
import { pageOptions, websocketUrl } from './page-options.ts';
import { preferenceStore } from './preferences.ts';
import { createScreen } from './screen.ts';
import type { ViewerState } from './state.ts';
import { createToolbar } from './toolbar.ts';
import { createTouchKeyboard } from './touch-keyboard.ts';
import { createWarningBar } from './warning-bar.ts';

const root = document.documentElement;
const page = findPage();
const options = pageOptions(root.dataset);
const { language, messages } = messagesFor(navigator.languages ?? [navigator.language]);
const secretName = options.gateway ? 'ticket' : 'key';
const secrets = keyRing(() => sessionStorage, location.pathname, secretName);
const door = createGatewayDoor({
  page: () => location.href,
  half: remembered(keyRing(() => sessionStorage, location.pathname, 'session')),
  fetch: (url, request) => fetch(url, request),
  now: () => Date.now(),
});
const stored = preferenceStore(() => localStorage);
const preferences = stored.load();

root.lang = language;
translate(document, messages);
document.title = messages.title;

const timers = {
  setTimer: (action: () => void, delayMs: number) => setTimeout(action, delayMs),
  clearTimer: (timer: unknown) => clearTimeout(timer as number),
};

const screen = createScreen(
  {
    target: page.screen,
    url: () => websocketUrl(location.href, options.websocket),
    protocols: () => (options.gateway ? door.protocols() : []),
    takesKey: !options.gateway,
    onConnected() {
      screen.focus();
    },
    onName(name) {
      if (name !== '') document.title = name;
    },
    onClipboard: (text) => clipboard.fromDesktop(text),
  },
  { preferences, viewOnly: options.viewOnly },
);

const clipboard = createClipboard({ field: page.clipboardText, system: navigator.clipboard, send: (text) => screen.sendText(text), now: () => performance.now() });
const pasteKeys = createPasteKeys({
  isForDesktop: ({ target }) => target instanceof Node && page.screen.contains(target),
  paste: (text) => clipboard.paste(text),
  copying: () => clipboard.copying(),
  press: (keysym, code) => screen.sendKey(keysym, code),
  ...timers,
});
const keyboard = createTouchKeyboard(page.touchField, (keysym) => screen.sendKey(keysym));

createToolbar(page, messages, preferences, {
  ctrlAltDel: () => screen.sendCtrlAltDel(),
  toggleKeyboard: () => keyboard.toggle(),
  choose(chosen) {
    stored.save(chosen);
    screen.choose(chosen);
  },
  focusDesktop: () => screen.focus(),
});

function showState(state: ViewerState, desktop?: DesktopState): void {
  const before = root.dataset['state'];
  root.dataset['state'] = state;
  showNotice(page, messages, language, state, desktop);
  if (!page.keyForm.hidden) page.keyField.focus();
  if (state === 'wrong-key') secrets.forget();
  // Behind a gateway a card may lie over a desktop that stays connected.
  if (state === 'connected' && before !== state) screen.focus();
}

function showViewOnly(viewOnly: boolean): void {
  root.dataset['viewOnly'] = String(viewOnly);
  page.viewOnly.hidden = !viewOnly;
  screen.setViewOnly(viewOnly);
}

const connection = createConnection({
  connect: (key, events) => screen.connect(key, events),
  async reachable() {
    if (options.gateway) return true; // The looks of the session tell more.
    try {
      const answer = await fetch(location.pathname, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(3000) });
      return answer.ok;
    } catch {
      return false;
    }
  },
  ...timers,
  onState(state) {
    if (!options.gateway) showState(state);
    else if (state === 'kicked') session.kicked();
    else session.connectionIs(state === 'connected');
  },
});

/** Where nothing is seen of the desktop any more, its removal is none of the person's affairs. */
const WITHOUT_WARNING: readonly ViewerState[] = ['taken-away', 'not-allowed', 'kicked'];

const session = createGatewaySession({
  door,
  connection,
  ...timers,
  now: () => Date.now(),
  onTicketUsed: () => secrets.forget(),
  onShow(state, desktop) {
    showState(state, desktop);
    showViewOnly(options.viewOnly || (desktop?.viewOnly ?? false));
    warning.plan(WITHOUT_WARNING.includes(state) ? undefined : desktop?.removeAtMs, desktop?.canKeep === true && !desktop.viewOnly);
  },
});

const warning = createWarningBar(page, messages, { keep: () => session.keep(), focusDesktop: () => screen.focus() });

function begin(): void {
  const given = secretFromFragment(location.hash, secretName);
  if (given !== undefined) {
    secrets.keep(given);
    // Out of the address bar, so that a screenshot or a copied address doesn't give the desktop away.
    history.replaceState(history.state, '', location.pathname + location.search + fragmentWithout(location.hash, secretName));
  }
  const secret = given ?? secrets.get();
  if (options.gateway) session.start(secret);
  else if (secret === undefined && options.needsKey) showState('no-key');
  else connection.start(secret);
}

function hurry(): void {
  if (options.gateway) session.hurry();
  else connection.hurry();
}

page.keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const key = page.keyField.value.trim();
  page.keyField.value = '';
  if (key === '') return;
  secrets.keep(key);
  connection.start(key);
});
page.retry.addEventListener('click', () => {
  const state = root.dataset['state'];
  if (state === 'kicked') session.comeBack();
  else if (ASLEEP.some((asleep) => asleep === state)) session.wake();
  else hurry();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') hurry();
});
addEventListener('online', hurry);
addEventListener('focus', () => clipboard.onFocus());
addEventListener('keydown', (event) => pasteKeys.keydown(event), { capture: true });
addEventListener('paste', (event) => pasteKeys.paste(event));
// A new link pasted over the address of an open tab changes only the fragment.
addEventListener('hashchange', () => {
  if (secretFromFragment(location.hash, secretName) !== undefined) begin();
});
addEventListener('pagehide', () => {
  if (options.gateway) session.stop();
  else connection.stop();
});
addEventListener('pageshow', (event) => {
  if (event.persisted) begin();
});

showViewOnly(options.viewOnly);
begin();

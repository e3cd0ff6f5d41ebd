// The viewer page: reads its key and options, keeps one noVNC connection to the desktop, and tells the
// person how it stands. Only this file makes RFB objects.

import RFB from '@novnc/novnc';
import { createClipboard } from './clipboard.ts';
import { createConnection } from './connection.ts';
import { messagesFor } from './i18n.ts';
import { fragmentWithoutKey, keyFromFragment, keyRing } from './key.ts';
import { findPage, translate } from './page.ts';
import { pageOptions, websocketUrl } from './page-options.ts';
import { levelsOf, preferenceStore, type Preferences } from './preferences.ts';
import type { ViewerState } from './state.ts';
import { createToolbar } from './toolbar.ts';
import { createTouchKeyboard } from './touch-keyboard.ts';

const root = document.documentElement;
const page = findPage();
const options = pageOptions(root.dataset);
const { language, messages } = messagesFor(navigator.languages ?? [navigator.language]);
const keys = keyRing(() => sessionStorage, location.pathname);
const stored = preferenceStore(() => localStorage);

let preferences: Preferences = stored.load();
let rfb: RFB | undefined;

root.lang = language;
translate(document, messages);
document.title = messages.title;
page.viewOnly.hidden = !options.viewOnly;

function showState(state: ViewerState): void {
  root.dataset['state'] = state;
  page.notice.hidden = state === 'connected';
  page.noticeTitle.textContent = messages[`state.${state}`];
  page.noticeDetail.replaceChildren(...withCommands(messages[`detail.${state}`]));
  page.keyForm.hidden = state !== 'no-key' && state !== 'wrong-key';
  page.retry.hidden = state !== 'gone' && state !== 'reconnecting';
  if (!page.keyForm.hidden) page.keyField.focus();
  if (state === 'wrong-key') keys.forget();
}

function applyPreferences(): void {
  if (!rfb) return;
  const levels = levelsOf(preferences.quality);
  rfb.scaleViewport = preferences.size !== 'original';
  rfb.resizeSession = preferences.size === 'remote' && !options.viewOnly;
  rfb.qualityLevel = levels.quality;
  rfb.compressionLevel = levels.compression;
}

const clipboard = createClipboard({
  field: page.clipboardText,
  system: navigator.clipboard,
  send: (text) => {
    if (!options.viewOnly) rfb?.clipboardPasteFrom(text);
  },
});

const connection = createConnection({
  connect(key, events) {
    const attempt = new RFB(page.screen, websocketUrl(location.href, options.websocket), {
      shared: true,
      ...(key === undefined ? {} : { credentials: { password: key } }),
    });
    rfb = attempt;
    attempt.viewOnly = options.viewOnly;
    attempt.background = 'transparent';
    attempt.showDotCursor = true;
    applyPreferences();
    attempt.addEventListener('connect', () => {
      events.connected();
      attempt.focus({ preventScroll: true });
      clipboard.onFocus();
    });
    attempt.addEventListener('credentialsrequired', () => events.keyRequired());
    attempt.addEventListener('securityfailure', () => events.refused());
    attempt.addEventListener('disconnect', () => {
      if (rfb === attempt) rfb = undefined;
      events.ended();
    });
    attempt.addEventListener('desktopname', (event) => {
      if (event.detail.name !== '') document.title = event.detail.name;
    });
    attempt.addEventListener('clipboard', (event) => clipboard.fromDesktop(event.detail.text));
    return { close: () => attempt.disconnect() };
  },
  async reachable() {
    try {
      const answer = await fetch(location.pathname, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(3000) });
      return answer.ok;
    } catch {
      return false;
    }
  },
  setTimer: (action, delayMs) => setTimeout(action, delayMs),
  clearTimer: (timer) => clearTimeout(timer as number),
  onState: showState,
});

const keyboard = createTouchKeyboard(page.touchField, (keysym) => rfb?.sendKey(keysym, null));

createToolbar(page, messages, preferences, {
  ctrlAltDel: () => rfb?.sendCtrlAltDel(),
  toggleKeyboard: () => keyboard.toggle(),
  choose(chosen) {
    preferences = chosen;
    stored.save(chosen);
    applyPreferences();
  },
  focusDesktop: () => rfb?.focus({ preventScroll: true }),
});

function begin(): void {
  const given = keyFromFragment(location.hash);
  if (given !== undefined) {
    keys.keep(given);
    // Out of the address bar, so that a screenshot or a copied address doesn't give the desktop away.
    history.replaceState(history.state, '', location.pathname + location.search + fragmentWithoutKey(location.hash));
  }
  const key = given ?? keys.get();
  if (key === undefined && options.needsKey) showState('no-key');
  else connection.start(key);
}

page.keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const key = page.keyField.value.trim();
  page.keyField.value = '';
  if (key === '') return;
  keys.keep(key);
  connection.start(key);
});
page.retry.addEventListener('click', () => connection.hurry());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') connection.hurry();
});
addEventListener('online', () => connection.hurry());
addEventListener('focus', () => clipboard.onFocus());
// A new link pasted over the address of an open tab changes only the fragment.
addEventListener('hashchange', () => {
  if (keyFromFragment(location.hash) !== undefined) begin();
});
addEventListener('pagehide', () => connection.stop());
addEventListener('pageshow', (event) => {
  if (event.persisted) begin();
});

begin();

/** Text and, for what stands between backticks, code: commands are to be told from the words around them. */
function withCommands(text: string): (string | HTMLElement)[] {
  return text.split('`').map((part, index) => {
    if (index % 2 === 0) return part;
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
}

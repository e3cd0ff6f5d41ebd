// The card over the picture: how the connection and the desktop stand, and what the person can do about it.

import type { DesktopState } from './gateway-state.ts';
import type { MessageKey, Messages } from './i18n.ts';
import type { Page } from './page.ts';
import { reasonInWords } from './removal-reason.ts';
import type { ViewerState } from './state.ts';

const WITH_KEY_FORM: readonly ViewerState[] = ['no-key', 'wrong-key'];
const WITH_RETRY: readonly ViewerState[] = ['gone', 'reconnecting', 'unreachable', 'not-allowed', 'paused', 'stopped', 'no-room', 'no-view-only', 'kicked'];
/** Where trying means to wake a desktop that does not run. */
export const ASLEEP: readonly ViewerState[] = ['paused', 'stopped'];
const WITH_PHASES: readonly ViewerState[] = ['starting', 'waking', 'stopped'];

/** Shows the state, or takes the card away once it is connected. `desktop` is there behind a gateway only. */
export function showNotice(page: Page, messages: Messages, language: string, state: ViewerState, desktop?: DesktopState): void {
  const detail = messages[`detail.${state}`];
  const reason = state === 'taken-away' ? reasonInWords(desktop?.reason, messages) : '';
  page.notice.hidden = state === 'connected';
  setText(page.noticeTitle, messages[`state.${state}`]);
  setText(page.noticeDetail, reason === '' ? detail : `${reason} ${detail}`);
  setText(page.noticePhases, WITH_PHASES.includes(state) ? phasesInWords(desktop?.phaseMs ?? [], messages, language) : '');
  page.keyForm.hidden = !WITH_KEY_FORM.includes(state);
  page.retry.hidden = !WITH_RETRY.includes(state);
  setText(page.retry, messages[state === 'kicked' ? 'come-back' : ASLEEP.includes(state) ? 'wake' : 'retry']);
}

/** Puts a text with `commands` in it; the same one again changes nothing, or it would be read out with every look. */
function setText(element: HTMLElement, text: string): void {
  const parts = text.split('`');
  if (element.textContent !== parts.join('')) element.replaceChildren(...parts.map((part, index) => (index % 2 === 0 ? part : code(part))));
}

function code(text: string): HTMLElement {
  const element = document.createElement('code');
  element.textContent = text;
  return element;
}

/** The measured steps that mean something to a person, such as `started in 0.3 s · screen after 0.6 s`. */
function phasesInWords(phases: DesktopState['phaseMs'], messages: Messages, language: string): string {
  const known = (key: string): key is MessageKey => Object.hasOwn(messages, key);
  return phases
    .flatMap(([name, ms]) => {
      const key = `phase.${name}`;
      return known(key) ? [messages[key].replace('{time}', `${(ms / 1000).toLocaleString(language, { maximumFractionDigits: 1 })} s`)] : [];
    })
    .join(' · ');
}

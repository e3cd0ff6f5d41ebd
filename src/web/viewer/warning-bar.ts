// The bar that warns of a removal: the time left, counted down here, and a button that asks to keep the desktop. It never takes
// the focus, and screen readers hear of it once a minute.

import type { Messages } from './i18n.ts';
import type { Page } from './page.ts';
import { countdown, isWarned, minutesLeft } from './warning.ts';

export interface WarningActions {
  /** False when it didn't work; otherwise what is planned now is told by `plan`. */
  keep(): Promise<boolean>;
  /** Gives the keyboard back to the desktop. */
  focusDesktop(): void;
}

export interface WarningBar {
  /** What is planned, by this browser's clock; undefined for nothing. Shown when it is near. */
  plan(removeAtMs: number | undefined, canKeep: boolean): void;
}

const TICK_MS = 250; // Not a second, or one would be skipped now and then.

/** Wires the bar; it is hidden until something is planned. */
export function createWarningBar(page: Page, messages: Messages, actions: WarningActions): WarningBar {
  let removeAtMs: number | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;
  let failed = false;

  function draw(): void {
    const leftMs = removeAtMs === undefined ? undefined : removeAtMs - Date.now();
    const shown = leftMs !== undefined && isWarned(leftMs);
    if (!shown) {
      failed = false;
      if (page.warning.contains(document.activeElement)) actions.focusDesktop();
    }
    page.warning.hidden = !shown;
    page.warningLeft.textContent = shown ? countdown(leftMs) : '';
    page.warningFailed.hidden = !failed;
    say(shown ? (failed ? messages['warning.failed'] : messages['warning.said'].replace('{minutes}', String(minutesLeft(leftMs)))) : '');
  }

  function say(text: string): void {
    if (page.warningSaid.textContent !== text) page.warningSaid.textContent = text;
  }

  page.keep.addEventListener('click', async () => {
    // Not `disabled`: that would take the focus away from whoever pressed it with the keyboard.
    if (page.keep.ariaBusy === 'true') return;
    page.keep.ariaBusy = 'true';
    failed = !(await actions.keep());
    page.keep.ariaBusy = 'false';
    draw();
  });

  return {
    plan(atMs, canKeep) {
      removeAtMs = atMs;
      page.keep.hidden = !canKeep;
      if (atMs === undefined) {
        clearInterval(ticking);
        ticking = undefined;
      } else ticking ??= setInterval(draw, TICK_MS);
      draw();
    },
  };
}

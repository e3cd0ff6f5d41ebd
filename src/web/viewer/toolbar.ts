// The bar of tools: one small handle at the edge that opens it, and what each tool asks for.
// Doing it belongs to main.ts.

import type { Messages } from './i18n.ts';
import type { Page } from './page.ts';
import type { Preferences, Quality, SizeMode } from './preferences.ts';

/** What the tools ask for. */
export interface ToolActions {
  ctrlAltDel(): void;
  toggleKeyboard(): void;
  /** Choices changed by the person. */
  choose(preferences: Preferences): void;
  /** Gives the keyboard back to the desktop. */
  focusDesktop(): void;
}

/** Wires the bar; it starts closed, so that nothing of the desktop is covered but the handle. */
export function createToolbar(page: Page, messages: Messages, preferences: Preferences, actions: ToolActions): void {
  const setOpen = (open: boolean) => {
    page.tools.hidden = !open;
    page.handle.setAttribute('aria-expanded', String(open));
    const label = messages[open ? 'toolbar.hide' : 'toolbar.show'];
    page.handle.setAttribute('aria-label', label);
    page.handle.title = label;
    if (!open) setClipboard(false);
  };
  const setClipboard = (open: boolean) => {
    page.clipboardPanel.hidden = !open;
    page.clipboard.setAttribute('aria-expanded', String(open));
    if (open) page.clipboardText.focus();
  };

  page.handle.addEventListener('click', () => setOpen(page.tools.hidden !== false));
  page.toolbar.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (!page.clipboardPanel.hidden) {
      setClipboard(false);
      page.clipboard.focus();
    } else {
      setOpen(false);
      actions.focusDesktop();
    }
  });
  page.clipboard.addEventListener('click', () => setClipboard(page.clipboardPanel.hidden !== false));
  page.clipboardClose.addEventListener('click', () => {
    setClipboard(false);
    actions.focusDesktop();
  });
  page.cad.addEventListener('click', () => {
    actions.ctrlAltDel();
    actions.focusDesktop();
  });
  page.keyboard.hidden = !(navigator.maxTouchPoints > 0 || matchMedia('(pointer: coarse)').matches);
  page.keyboard.addEventListener('click', () => actions.toggleKeyboard());
  // A press would take the focus from the field first, and the phone's keyboard would close and open again.
  page.keyboard.addEventListener('pointerdown', (event) => event.preventDefault());
  page.fullscreen.hidden = !document.fullscreenEnabled;
  page.fullscreen.addEventListener('click', () => {
    const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    change.catch(() => undefined);
    actions.focusDesktop();
  });

  page.size.value = preferences.size;
  page.quality.value = preferences.quality;
  const chosen = () =>
    actions.choose({ size: page.size.value as SizeMode, quality: page.quality.value as Quality });
  page.size.addEventListener('change', chosen);
  page.quality.addEventListener('change', chosen);
  setOpen(false);
}

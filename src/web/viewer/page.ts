// The elements of index.html that the viewer works with, each looked up once, and their texts.

import type { MessageKey, Messages } from './i18n.ts';

function find<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no #${id}.`);
  return element;
}

/** All elements the code uses. Throws where index.html and the code disagree. */
export function findPage() {
  return {
    screen: find('screen', HTMLElement),
    notice: find('notice', HTMLElement),
    noticeTitle: find('notice-title', HTMLElement),
    noticeDetail: find('notice-detail', HTMLElement),
    noticePhases: find('notice-phases', HTMLElement),
    keyForm: find('key-form', HTMLFormElement),
    keyField: find('key-field', HTMLInputElement),
    retry: find('retry', HTMLButtonElement),
    toolbar: find('toolbar', HTMLElement),
    handle: find('handle', HTMLButtonElement),
    tools: find('tools', HTMLElement),
    clipboard: find('tool-clipboard', HTMLButtonElement),
    keyboard: find('tool-keyboard', HTMLButtonElement),
    cad: find('tool-cad', HTMLButtonElement),
    fullscreen: find('tool-fullscreen', HTMLButtonElement),
    size: find('tool-size', HTMLSelectElement),
    quality: find('tool-quality', HTMLSelectElement),
    clipboardPanel: find('clipboard-panel', HTMLElement),
    clipboardText: find('clipboard-text', HTMLTextAreaElement),
    clipboardClose: find('clipboard-close', HTMLButtonElement),
    touchField: find('touch-field', HTMLTextAreaElement),
    viewOnly: find('view-only', HTMLElement),
    warning: find('warning', HTMLElement),
    warningLeft: find('warning-left', HTMLElement),
    warningFailed: find('warning-failed', HTMLElement),
    warningSaid: find('warning-said', HTMLElement),
    keep: find('keep', HTMLButtonElement),
  };
}

export type Page = ReturnType<typeof findPage>;

/** Puts the texts into every element below `root` with `data-text` or `data-label` (aria-label and title). */
export function translate(root: ParentNode, messages: Messages): void {
  const known = (name: string | undefined): name is MessageKey => name !== undefined && Object.hasOwn(messages, name);
  for (const element of root.querySelectorAll<HTMLElement>('[data-text], [data-label]')) {
    const { text, label } = element.dataset;
    if (known(text)) element.textContent = messages[text];
    if (known(label)) {
      element.setAttribute('aria-label', messages[label]);
      element.title = messages[label];
    }
  }
}

// The elements of index.html that the viewer works with, each looked up once.

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
  };
}

export type Page = ReturnType<typeof findPage>;

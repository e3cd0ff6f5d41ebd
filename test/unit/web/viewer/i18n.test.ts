import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { messagesFor } from '../../../../src/web/viewer/i18n.ts';
import { VIEWER_STATES } from '../../../../src/web/viewer/state.ts';

const page = readFileSync(new URL('../../../../src/web/viewer/index.html', import.meta.url), 'utf8');

describe('the language of the viewer', () => {
  it('is Brazilian Portuguese for any Portuguese and English otherwise', () => {
    expect(messagesFor(['pt-PT', 'en']).language).toBe('pt-BR');
    expect(messagesFor(['en-GB', 'pt-BR']).language).toBe('en');
    expect(messagesFor(['de', 'pt-BR', 'en']).language).toBe('pt-BR');
    expect(messagesFor(['de']).language).toBe('en');
    expect(messagesFor([]).language).toBe('en');
  });

  it.each(['en', 'pt-BR'])('has a text in %s for every state and every element of the page', (language) => {
    const messages: Readonly<Record<string, string>> = messagesFor([language]).messages;
    const named = [...page.matchAll(/data-(?:text|label)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(10);
    for (const name of [...named, ...VIEWER_STATES.map((state) => `state.${state}`)]) {
      expect(messages[name], name).toBeTruthy();
    }
    for (const state of VIEWER_STATES) expect(messages[`detail.${state}`], state).toBeDefined();
  });
});

describe('the page', () => {
  it('holds no inline script, no inline style and no address of another host', () => {
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
    expect(page).not.toMatch(/https?:\/\//);
  });
});

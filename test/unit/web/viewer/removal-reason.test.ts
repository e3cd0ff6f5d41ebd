import { describe, expect, it } from 'vitest';
import { messagesFor } from '../../../../src/web/viewer/i18n.ts';
import { reasonInWords } from '../../../../src/web/viewer/removal-reason.ts';

const english = messagesFor(['en']).messages;
const portuguese = messagesFor(['pt-BR']).messages;

describe('why a desktop was taken away', () => {
  it.each([
    ['no viewer for 8h', 'Nobody had looked at it for 8h.', 'Ninguém olhava para ela havia 8h.'],
    ['no input for 30m', 'Nobody had typed or clicked in it for 30m.', 'Ninguém digitava nem clicava nela havia 30m.'],
    ['its time to live of 4h is over', 'Its time of 4h was over.', 'O tempo dela, de 4h, acabou.'],
    ['older than 1d', 'It was older than 1d, the longest that a desktop may live here.', 'Ela tinha mais de 1d, o máximo que uma área de trabalho vive aqui.'],
    ['vncctl rm', 'Somebody removed it with `vncctl rm`.', 'Alguém a removeu com `vncctl rm`.'],
  ])('"%s" is a sentence in both languages', (reason, inEnglish, inPortuguese) => {
    expect(reasonInWords(reason, english)).toBe(inEnglish);
    expect(reasonInWords(reason, portuguese)).toBe(inPortuguese);
  });

  it('is quoted where it is not known, as it stands', () => {
    expect(reasonInWords('its machine burnt $& down', english)).toBe('The reason: its machine burnt $& down.');
  });

  it('is left out where none is told', () => {
    expect(reasonInWords(undefined, english)).toBe('');
  });
});

// What every part of the page is given: its words, its formats, and how clients are shown.
import type { DesktopRow } from './answers.ts';
import { clientText } from './desktops.ts';
import type { Formats } from './formats.ts';
import type { Words } from './i18n.ts';

export interface View {
  words: Words;
  formats: Formats;
}

/** How a desktop is called where its client is hidden. */
export function nameOf({ client, id }: Pick<DesktopRow, 'client' | 'id'>): string {
  return client === null ? id : clientText(client, false);
}

// Why a desktop was taken away, in the person's language. Pure.

import type { MessageKey, Messages } from './i18n.ts';

/** The causes that the program writes, with the length of time where they tell one. */
const CAUSES: readonly (readonly [RegExp, MessageKey])[] = [
  [/^no viewer for (.+)$/, 'reason.no-client'],
  [/^no input for (.+)$/, 'reason.no-input'],
  [/^its time to live of (.+) is over$/, 'reason.ttl'],
  [/^older than (.+)$/, 'reason.max-age'],
  [/^vncctl rm$/, 'reason.removed'],
];

/** A sentence for a removal's cause; one that is not known is quoted, and none gives `''`. */
export function reasonInWords(reason: string | undefined, messages: Messages): string {
  if (reason === undefined) return '';
  for (const [pattern, key] of CAUSES) {
    const found = pattern.exec(reason);
    if (found) return messages[key].replace('{time}', () => found[1] ?? '');
  }
  return messages['reason.other'].replace('{reason}', () => reason);
}

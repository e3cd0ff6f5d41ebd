// Takes secrets out of text that is about to be shown: keys in links, passwords in addresses, variables named like secrets.

const HIDDEN = '***';

/** `text` without the secrets that can be told by their surroundings. */
export function redact(text: string): string {
  return text
    .replace(/([#?&](?:key|secret|token|password|ticket)=)[^\s&"'#]+/gi, `$1${HIDDEN}`)
    .replace(/\b([A-Z0-9_]*(?:SECRET|PASSWORD|PASSWD|TOKEN)[A-Z0-9_]*=)[^\s"',]+/g, `$1${HIDDEN}`)
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${HIDDEN}@`);
}

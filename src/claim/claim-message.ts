// The one message that a waiting kiosk takes on its claim port, and its answer. The other side is
// templates/images/firefox-kiosk/firefox/claim.cfg. Pure: no socket, no time.
//
//     vncctl-claim/1 <proof> <request>\n        proof: HMAC-SHA256 of the request with the desktop's secret, 64 hex digits
//                                               request: a JSON object of ASCII: {"page"?: address, "client"?: text}
//     ok\n      or     no: <reason>\n           only to who has proven to know the secret; else the connection just ends
//
// The caller speaks first and the desktop keeps silent until it is convinced: whatever page or program connects learns nothing, not
// even what listens there. A proof needs no challenge because it is good for one message in one desktop's life.
import { createHmac } from 'node:crypto';
import type { PageRequest } from '../core/fitting.ts';
import { VncctlError } from '../errors.ts';

/** The whole message, its line end included; longer ones are hung up on. */
export const CLAIM_MESSAGE_MAX_BYTES = 8192;
/** The longest answer that is waited for. */
export const CLAIM_ANSWER_MAX_BYTES = 512;

/** The message that asks for a page. USAGE when it is none that a desktop takes, or is too long. */
export function claimMessage({ url, clientLabel }: PageRequest, secret: string): Buffer {
  const request = ascii(JSON.stringify({ page: url === undefined ? undefined : pageAddress(url), client: clientLabel }));
  const message = Buffer.from(`vncctl-claim/1 ${createHmac('sha256', secret).update(request).digest('hex')} ${request}\n`, 'latin1');
  if (message.length > CLAIM_MESSAGE_MAX_BYTES) throw new VncctlError('USAGE', `a page address of ${url?.length ?? 0} characters is too long to be shown`);
  return message;
}

/** Undefined for a yes, else the reason in the desktop's words. */
export function refusalIn(answer: string): string | undefined {
  if (answer === 'ok') return undefined;
  return /^no: (.+)$/.exec(answer)?.[1] ?? 'it answers in another language';
}

function pageAddress(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:' || parsed.href === 'about:blank')) return parsed.href;
  throw new VncctlError('USAGE', `"${url}" is no page address`, { hint: 'only http:// and https:// pages can be shown' });
}

function ascii(json: string): string {
  return json.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

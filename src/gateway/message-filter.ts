// The filter of a viewer that speaks RFB: the answers of rfb/client-messages.ts, put as the tunnel asks for them.
import { ClientMessages, type ViewerRights } from '../rfb/client-messages.ts';
import type { ViewerFilter } from './viewer-filter.ts';

/** A filter for one viewer. */
export function filterFor(rights: ViewerRights): ViewerFilter {
  let chunk: Buffer = Buffer.alloc(0);
  let forward: Uint8Array[] = [];
  let input = false;
  let unread = false;
  const messages = new ClientMessages(rights, {
    pass: (start, end) => void forward.push(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end)),
    onInput: () => void (input = true),
    onOpaque: () => void (unread = true),
  });
  return (bytes) => {
    chunk = bytes;
    forward = [];
    input = false;
    const fault = messages.read(bytes);
    const verdict = { forward, input, ...(unread ? { unread: true as const } : {}) };
    if (fault === undefined) return verdict;
    return { ...verdict, close: `a message that is not taken (${fault.kind}, type ${fault.messageType})` };
  };
}

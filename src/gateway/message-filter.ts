// The filter of a viewer that speaks RFB: the answers of rfb/client-messages.ts, put as the tunnel asks for them.
import { type Geometry, MAX_SIZE_DEFAULT } from '../core/size.ts';
import { ClientMessages, type ViewerRights } from '../rfb/client-messages.ts';
import { boundDesktopSize } from '../rfb/desktop-size.ts';
import type { ViewerFilter } from './viewer-filter.ts';

const NOTHING: Buffer = Buffer.alloc(0);

/** A filter for one viewer. `maxSize`: the largest screen that the viewer may ask for, as it is known by then. */
export function filterFor(rights: ViewerRights, maxSize: () => Geometry = () => MAX_SIZE_DEFAULT): ViewerFilter {
  let chunk = NOTHING;
  let forward: Uint8Array[] = [];
  let input = false;
  let unread = false;
  const messages = new ClientMessages(rights, {
    passSize: (message) => void forward.push(boundDesktopSize(message, maxSize())),
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
    // A viewer that says nothing more keeps nothing in memory.
    chunk = NOTHING;
    forward = [];
    if (fault === undefined) return verdict;
    return { ...verdict, close: `a message that is not taken (${fault.kind}, type ${fault.messageType})` };
  };
}

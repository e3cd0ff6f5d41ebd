// One connection to a desktop's VNC server, whichever way leads there.
import type { ProbeTarget } from '../core/readiness.ts';
import type { ByteStream } from './byte-stream.ts';
import { connectTcp } from './tcp-stream.ts';
import { connectWebSocket } from './websocket-stream.ts';

/** Dials the target; the stream ends when the signal aborts. Rejects with RfbFailure, or with the signal's reason. */
export function connectTo(target: ProbeTarget, signal: AbortSignal): Promise<ByteStream> {
  return target.kind === 'tcp' ? connectTcp(target.host, target.port, { signal }) : connectWebSocket(target.url, { signal });
}

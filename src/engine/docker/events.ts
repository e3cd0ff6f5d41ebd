// What happens to containers, as the engine tells it: one request that stays open and answers a line of JSON for each event.
import type { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import type { Containers } from '../../core/engine.ts';
import type { Caller } from './call.ts';
import { type EngineEvent, EVENT_VERBS, eventOf } from './event-shape.ts';
import { signalled } from './signalled.ts';

const DOING = "follow the engine's events";
const KEEP_ALIVE_MS = 30_000;

/** The events of one Docker API endpoint. */
export function createEvents(docker: Docker, call: Caller): Containers['events'] {
  return async function* events({ labels }, { onOpen, signal, deadlineMs }) {
    const filters = JSON.stringify({ type: ['container'], event: EVENT_VERBS, label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) });
    const stream = (await call(DOING, (callSignal) => docker.getEvents(signalled(callSignal, { filters })), { signal, deadlineMs })) as IncomingMessage;
    const end = (): void => void stream.destroy();
    signal?.addEventListener('abort', end, { once: true });
    try {
      signal?.throwIfAborted();
      // A quiet engine and one whose machine is gone look alike otherwise.
      stream.socket.setKeepAlive(true, KEEP_ALIVE_MS);
      onOpen?.();
      for await (const line of linesOf(stream)) {
        const event = eventOf(JSON.parse(line) as EngineEvent, labels);
        if (event) yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SyntaxError) await call(DOING, () => Promise.reject(error));
    } finally {
      signal?.removeEventListener('abort', end);
      stream.destroy();
    }
    signal?.throwIfAborted();
    // However the connection ended, by a reset or in good order, nothing more is told.
    await call(DOING, () => Promise.reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
  };
}

/** Whole lines, however their bytes are cut into chunks; what follows the last line break is not one. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
}

// The event stream of the fake engine: whoever listens hears each change, in order, until the stream is broken.
import type { Clock } from '../../src/core/clock.ts';
import type { ContainerEvent, ContainerEventKind, ContainerId, Containers } from '../../src/core/engine.ts';
import { VncctlError } from '../../src/errors.ts';
import type { RunCall } from './fake-calls.ts';

export interface FakeEvents {
  events: Containers['events'];
  /** Tells a change of the container to everyone who listens. */
  emit(kind: ContainerEventKind, container: { id: ContainerId; name: string; spec: { labels: Readonly<Record<string, string>> }; exitCode?: number }): void;
  /** Streams that are open now. */
  readonly listeners: number;
  /** Ends every open stream as a lost connection does; a new one can be opened at once. */
  breakStreams(): void;
}

interface Listener {
  queue: ContainerEvent[];
  lost: boolean;
  wake(): void;
}

/** Nobody listens yet. */
export function createFakeEvents(run: RunCall, clock: Clock): FakeEvents {
  const listeners = new Set<Listener>();

  const events: Containers['events'] = async function* ({ labels }, { onOpen, ...options }) {
    const signal = await run('containers.events', '', options, (ended) => ended);
    const listener: Listener = { queue: [], lost: false, wake: () => {} };
    const abort = (): void => listener.wake();
    signal.addEventListener('abort', abort);
    listeners.add(listener);
    try {
      onOpen?.();
      for (;;) {
        signal.throwIfAborted();
        const event = listener.queue.shift();
        if (event) {
          if (Object.entries(labels).every(([key, value]) => event.labels[key] === value)) yield event;
        } else if (listener.lost) {
          throw new VncctlError('ENGINE_UNREACHABLE', 'the connection to the engine was lost', { hint: 'start one' });
        } else {
          await new Promise<void>((resolve) => {
            listener.wake = resolve;
          });
        }
      }
    } finally {
      listeners.delete(listener);
      signal.removeEventListener('abort', abort);
    }
  };

  return {
    events,
    emit(kind, { id, name, spec, exitCode }) {
      const event: ContainerEvent = { kind, id, name, labels: { ...spec.labels }, at: clock.now().toISOString(), ...(kind === 'died' ? { exitCode: exitCode ?? 0 } : {}) };
      for (const listener of listeners) {
        listener.queue.push(event);
        listener.wake();
      }
    },
    get listeners() {
      return listeners.size;
    },
    breakStreams() {
      for (const listener of listeners) {
        listener.lost = true;
        listener.wake();
      }
    },
  };
}

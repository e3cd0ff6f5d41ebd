// Pictures of screens, taken in another thread: a desktop that lies about its picture keeps that thread busy and never this one. The
// thread is started with the first picture, ended when none was wanted for a minute, and ended at once when a picture is late; the
// others that it was at are taken by the next one.
import { Worker } from 'node:worker_threads';
import type { ProbeTarget } from '../core/readiness.ts';
import { RfbFailure } from './failure.ts';

/** What the other thread is told. */
export type PictureOrder = { do: 'take'; number: number; target: ProbeTarget; width: number } | { do: 'give-up'; number: number };

/** What the other thread answers: the file, or why there is none. */
export type PictureAnswer = { number: number; png: Uint8Array } | { number: number; failure: string };

export interface PictureThread {
  /** A PNG of the screen as it is now, at most `width` pixels wide. Rejects with RfbFailure, or with the signal's reason. */
  take(target: ProbeTarget, width: number, signal: AbortSignal): Promise<Buffer>;
  /** Ends the thread; pictures that are being taken fail. It is started again by the next one. */
  stop(): Promise<void>;
}

export interface PictureThreadOptions {
  /** The built picture-worker.ts. */
  program: string | URL;
  /** How long a thread is kept that takes no picture. */
  keptMs?: number;
  /** How long it has to stop by itself when a picture is given up, before it is ended. */
  graceMs?: number;
}

interface Waiting {
  order: PictureOrder;
  /** Its picture is wanted no more. */
  givenUp: boolean;
  resolve(png: Buffer): void;
  reject(error: unknown): void;
}

interface Running {
  worker: Worker;
  waiting: Map<number, Waiting>;
}

const KEPT_MS = 60_000;
const GRACE_MS = 250;
/** Of its own objects; a picture of the largest screen is beside them. */
const MOST_MEGABYTES = 128;

function send({ worker }: Running, order: PictureOrder): void {
  // A thread has no origin, as a window has.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage(order);
}

/** A thread that is not started yet. */
export function createPictureThread({ program, keptMs = KEPT_MS, graceMs = GRACE_MS }: PictureThreadOptions): PictureThread {
  let running: Running | undefined;
  let idle: NodeJS.Timeout | undefined;
  let numbers = 0;

  const end = async (thread: Running, because: unknown): Promise<void> => {
    if (running === thread) running = undefined;
    for (const { reject } of thread.waiting.values()) reject(because);
    thread.waiting.clear();
    await thread.worker.terminate();
  };

  /** Ends a thread that one picture keeps busy; another one takes the rest. */
  const replace = async (thread: Running): Promise<void> => {
    const others = [...thread.waiting].filter(([, { givenUp }]) => !givenUp);
    thread.waiting.clear();
    await end(thread, undefined);
    for (const [number, waiting] of others) {
      const next = (running ??= start());
      next.waiting.set(number, waiting);
      send(next, waiting.order);
    }
  };

  const start = (): Running => {
    const worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES }, stdout: false, stderr: false });
    const thread: Running = { worker, waiting: new Map() };
    // A picture holds the process by what waits for it; the thread alone holds nothing.
    worker.unref();
    worker.on('message', (answer: PictureAnswer) => {
      const waiting = thread.waiting.get(answer.number);
      thread.waiting.delete(answer.number);
      if ('png' in answer) waiting?.resolve(Buffer.from(answer.png));
      else waiting?.reject(new RfbFailure('not-rfb', answer.failure));
    });
    // It ran out of memory, most likely.
    worker.once('error', (error) => void end(thread, new RfbFailure('not-rfb', `the picture could not be read: ${error.message}`, { cause: error })));
    worker.once('exit', () => void end(thread, new RfbFailure('ended', 'the thread that took the picture has ended')));
    return thread;
  };

  const restLater = (thread: Running): void => {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (thread.waiting.size === 0) void end(thread, undefined);
    }, keptMs);
    idle.unref();
  };

  return {
    async take(target, width, signal) {
      signal.throwIfAborted();
      const thread = (running ??= start());
      const number = numbers++;
      const order: PictureOrder = { do: 'take', number, target, width };
      let late: NodeJS.Timeout | undefined;
      let giveUp = (): void => {};
      try {
        return await new Promise<Buffer>((resolve, reject) => {
          const waiting: Waiting = { order, givenUp: false, resolve, reject };
          thread.waiting.set(number, waiting);
          giveUp = () => {
            reject(signal.reason);
            waiting.givenUp = true;
            if (running) send(running, { do: 'give-up', number });
            // It says so when it has; a thread that is kept busy doesn't.
            late = setTimeout(() => {
              if (running?.waiting.has(number)) void replace(running);
            }, graceMs);
          };
          signal.addEventListener('abort', giveUp, { once: true });
          send(thread, order);
        });
      } finally {
        signal.removeEventListener('abort', giveUp);
        if (!signal.aborted) clearTimeout(late);
        if (running) restLater(running);
      }
    },
    async stop() {
      clearTimeout(idle);
      if (running) await end(running, new RfbFailure('ended', 'no more pictures are taken'));
    },
  };
}

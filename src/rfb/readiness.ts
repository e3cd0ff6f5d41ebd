// Waits until a desktop is ready by looking at it as a viewer would: greeting, authentication, picture. Owns the retries
// and the one case that only time can decide; what a picture shows is stage.ts.
import type { Clock } from '../core/clock.ts';
import type { DesktopProbe, ProbeOptions } from '../core/readiness.ts';
import type { ByteStream } from './byte-stream.ts';
import { connectTo } from './connect.ts';
import { RfbFailure, toVncctlError } from './failure.ts';
import { Framebuffer } from './framebuffer.ts';
import { authenticate, initialise } from './handshake.ts';
import { judgePicture } from './stage.ts';

/** The stages this file can see, in their order. */
const STAGES = ['rfb', 'window', 'page'] as const;
type VisibleStage = (typeof STAGES)[number];

/** Opens one connection to the desktop; it ends when the signal aborts. Rejects with RfbFailure. */
export type Connect = (signal: AbortSignal) => Promise<ByteStream>;

export interface StageOptions extends ProbeOptions {
  clock: Clock;
  secret?: string | undefined;
}

const RETRY_FIRST_MS = 5;
const RETRY_GROWTH = 1.5;
const RETRY_CAP_MS = 100;
/** A connection that was accepted and stays silent (a proxy whose back end is stuck) is given up and dialled anew. */
const HANDSHAKE_LIMIT_MS = 5_000;
/** A mapped window whose picture is flat and has not changed for so long is taken for a page that is truly uniform. */
const QUIET_MS = 3_000;

/** A probe that dials the desktop over TCP or a WebSocket. */
export function createProbe({ clock }: { clock: Clock }): DesktopProbe {
  return {
    async waitFor(stage, target, options) {
      if (stage === 'running') return;
      try {
        await waitForStage((signal) => connectTo(target, signal), stage, { ...options, clock, secret: target.secret });
      } catch (error) {
        throw toVncctlError(error);
      }
    },
  };
}

/**
 * Resolves once the stage is reached. Connects again, at growing intervals, while nobody listens or the server goes away; rejects
 * with the signal's reason, or with an RfbFailure of any kind but `ended`.
 */
export async function waitForStage(connect: Connect, stage: VisibleStage, options: StageOptions): Promise<void> {
  const { clock, signal, onStage } = options;
  let reached = 0;
  const reach = (seen: VisibleStage): boolean => {
    for (const next of STAGES.slice(reached, STAGES.indexOf(seen) + 1)) {
      reached++;
      onStage?.(next);
    }
    return reached > STAGES.indexOf(stage);
  };
  for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(delayMs * RETRY_GROWTH, RETRY_CAP_MS)) {
    signal.throwIfAborted();
    try {
      return await watch(connect, reach, options);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RfbFailure) || error.kind !== 'ended') throw error;
    }
    await clock.sleep(delayMs, signal);
  }
}

/** One connection: resolves when `reach` says that the wanted stage was reached. */
async function watch(connect: Connect, reach: (stage: VisibleStage) => boolean, { clock, signal, secret }: StageOptions): Promise<void> {
  const attempt = new AbortController();
  const limit = startTimer(clock, HANDSHAKE_LIMIT_MS, () =>
    attempt.abort(new RfbFailure('ended', `the VNC server did not answer within ${HANDSHAKE_LIMIT_MS} ms`)),
  );
  let stream: ByteStream | undefined;
  try {
    stream = await connect(AbortSignal.any([signal, attempt.signal]));
    await authenticate(stream, { secret });
    const size = await initialise(stream);
    limit.stop();
    if (!reach('rfb')) await watchPicture(new Framebuffer(stream, size, 'watching'), reach, clock);
  } finally {
    limit.stop();
    stream?.close();
  }
}

async function watchPicture(framebuffer: Framebuffer, reach: (stage: VisibleStage) => boolean, clock: Clock): Promise<void> {
  let quiet: { elapsed: Promise<'quiet'>; stop(): void } | undefined;
  framebuffer.request('whole');
  try {
    for (;;) {
      const change = framebuffer.nextChange();
      const event = await (quiet === undefined ? change : Promise.race([change, quiet.elapsed]));
      if (event === 'quiet') {
        change.catch(() => undefined);
        reach('page');
        return;
      }
      if (event.pixels > 0) {
        quiet?.stop();
        const stage = judgePicture(framebuffer.picture);
        if (stage !== 'root' && reach(stage)) return;
        quiet = stage === 'root' ? undefined : startQuiet(clock);
      }
      framebuffer.request(event.resized ? 'whole' : 'changes');
    }
  } finally {
    quiet?.stop();
  }
}

function startQuiet(clock: Clock): { elapsed: Promise<'quiet'>; stop(): void } {
  let stop = (): void => undefined;
  const elapsed = new Promise<'quiet'>((resolve) => {
    stop = startTimer(clock, QUIET_MS, () => resolve('quiet')).stop;
  });
  return { elapsed, stop };
}

function startTimer(clock: Clock, ms: number, onElapsed: () => void): { stop(): void } {
  const stopped = new AbortController();
  clock.sleep(ms, stopped.signal).then(onElapsed, () => undefined);
  return { stop: () => stopped.abort() };
}

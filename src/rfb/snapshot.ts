// One look at a screen that runs: connects, takes the whole picture, and leaves.
import type { ProbeTarget } from '../core/readiness.ts';
import { connectTo } from './connect.ts';
import { Framebuffer } from './framebuffer.ts';
import { authenticate, initialise } from './handshake.ts';
import type { Picture } from './picture.ts';

/** The screen as it is now, over a connection of its own that is closed by then. Rejects with RfbFailure, or with the signal's reason. */
export async function takeSnapshot(target: ProbeTarget, signal: AbortSignal): Promise<Picture> {
  const stream = await connectTo(target, signal);
  try {
    await authenticate(stream, { secret: target.secret });
    return await new Framebuffer(stream, await initialise(stream), 'once').capture();
  } finally {
    stream.close();
  }
}

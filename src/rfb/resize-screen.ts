// Gives a desktop's screen another size, as a viewer may ("SetDesktopSize" and "ExtendedDesktopSize" of rfbproto.rst).
import type { ResizeScreen } from '../core/fitting.ts';
import { VncctlError } from '../errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { RfbFailure, toVncctlError } from './failure.ts';
import { Framebuffer } from './framebuffer.ts';
import { authenticate, initialise } from './handshake.ts';
import { connectTcp } from './tcp-stream.ts';

const LIMIT_MS = 10_000;
/** Of "ExtendedDesktopSize Pseudo-encoding"; other numbers are unknown reasons. */
const STATUS_WORDS: Readonly<Record<number, string>> = { 1: 'it is prohibited', 2: 'it has not the memory', 3: 'it can not have this layout' };

/** As its type says. */
export const resizeScreen: ResizeScreen = async ({ host, port }, secret, size, { signal, clock }) => {
  const attempt = new AbortController();
  const ended = new AbortController();
  const late = new VncctlError('NOT_READY', `the screen had no other size within ${LIMIT_MS / 1000} s`);
  clock.sleep(LIMIT_MS, ended.signal).then(() => attempt.abort(late), () => undefined);
  let stream: ByteStream | undefined;
  try {
    stream = await connectTcp(host, port, { signal: AbortSignal.any([signal, attempt.signal]) });
    await authenticate(stream, { secret });
    await resize(new Framebuffer(stream, await initialise(stream), 'watching'), size);
  } catch (error) {
    throw error instanceof RfbFailure && error.kind === 'ended' ? new VncctlError('NOT_READY', error.message, { cause: error }) : toVncctlError(error);
  } finally {
    ended.abort();
    stream?.close();
  }
};

async function resize(framebuffer: Framebuffer, { width, height }: { width: number; height: number }): Promise<void> {
  // The server tells its screens, whose number the wish repeats, before anything else.
  framebuffer.request('changes');
  await framebuffer.nextChange();
  framebuffer.requestSize(width, height);
  for (;;) {
    framebuffer.request('changes');
    const { resizeStatus } = await framebuffer.nextChange();
    if (resizeStatus === 0) return;
    if (resizeStatus !== undefined) throw new RfbFailure('refused', `no size of ${width}x${height}: ${STATUS_WORDS[resizeStatus] ?? `reason ${resizeStatus}`}`);
  }
}

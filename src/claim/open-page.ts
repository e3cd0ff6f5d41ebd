// Sends a claim's message to a waiting kiosk and reads what it says. What is said is claim-message.ts.
import type { OpenPage } from '../core/fitting.ts';
import { VncctlError } from '../errors.ts';
import type { ByteStream } from '../rfb/byte-stream.ts';
import { RfbFailure } from '../rfb/failure.ts';
import { connectTcp } from '../rfb/tcp-stream.ts';
import { CLAIM_ANSWER_MAX_BYTES, claimMessage, refusalIn } from './claim-message.ts';

const LIMIT_MS = 10_000;

/** As its type says. */
export const openPage: OpenPage = async ({ host, port }, secret, request, { signal, clock, unanswered = false }) => {
  const message = claimMessage(request, secret);
  const attempt = new AbortController();
  const ended = new AbortController();
  clock.sleep(LIMIT_MS, ended.signal).then(
    () => attempt.abort(new VncctlError('NOT_READY', `the desktop showed no other page within ${LIMIT_MS / 1000} s`)),
    () => undefined,
  );
  let stream: ByteStream | undefined;
  try {
    stream = await connectTcp(host, port, { signal: AbortSignal.any([signal, attempt.signal]) });
    stream.write(message);
    if (unanswered) return;
    const refusal = refusalIn(await readLine(stream));
    if (refusal !== undefined) throw new VncctlError('CLAIM_REFUSED', `the desktop takes no other page: ${refusal}`);
  } catch (error) {
    if (!(error instanceof RfbFailure)) throw error;
    throw new VncctlError('CLAIM_REFUSED', `the desktop takes no other page: ${error.message}`, { cause: error });
  } finally {
    ended.abort();
    stream?.close();
  }
};

async function readLine(stream: ByteStream): Promise<string> {
  let line = '';
  while (line.length < CLAIM_ANSWER_MAX_BYTES) {
    const letter = (await stream.read(1)).toString('latin1');
    if (letter === '\n') return line;
    line += letter;
  }
  return line;
}

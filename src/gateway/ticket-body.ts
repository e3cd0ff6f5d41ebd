// The body of the request that hands a ticket in: a little JSON, read with an end in sight.
import type { IncomingMessage } from 'node:http';

/** The secret that was handed in, or the status that says why there is none. */
export type TicketBody = { secret: string } | { status: 400 | 413 | 415 };

const MOST_BYTES = 1024;

/** Reads `{"ticket": "…"}`; more than 1 KiB is not read. Rejects when the connection ends before the body does. */
export async function readTicketBody(request: IncomingMessage): Promise<TicketBody> {
  // No form of a stranger's page can send this type.
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) return { status: 415 };
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) return { status: 413 };
  const text = await readText(request);
  if (text === undefined) return { status: 413 };
  const secret = secretIn(text);
  return secret === undefined ? { status: 400 } : { secret };
}

function readText(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) {
        // Stopped, not ended: the answer goes out on the same connection.
        request.pause();
        request.removeAllListeners('data');
        resolve(undefined);
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('close', () => reject(new Error('the connection ended before its request did')));
  });
}

function secretIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const ticket: unknown = typeof body === 'object' && body !== null && 'ticket' in body ? body.ticket : undefined;
    return typeof ticket === 'string' ? ticket : undefined;
  } catch {
    return undefined;
  }
}

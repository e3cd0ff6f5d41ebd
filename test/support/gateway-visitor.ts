// Somebody who opens a link of the gateway without the viewer page, and does what the page does: trades the ticket for a session, asks
// how the desktop stands, and joins its screen through a WebSocket.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { BufferedByteStream, type ByteStream } from '../../src/rfb/byte-stream.ts';
import { RfbFailure } from '../../src/rfb/failure.ts';

/** What a link was traded for. */
export interface Visit {
  /** Address of the page, ending in a slash. */
  page: string;
  /** Goes with every request. */
  headers: Readonly<Record<'cookie' | 'origin' | 'x-vncctl-session', string>>;
}

/** Trades the ticket of a link. Rejects with the answer where it is refused. */
export async function openLink(link: string): Promise<Visit> {
  const { origin, pathname, hash } = new URL(link);
  const page = `${origin}${pathname}`;
  const ticket = new URLSearchParams(hash.slice(1)).get('ticket');
  const answer = await fetch(`${page}session`, { method: 'POST', headers: { 'content-type': 'application/json', origin }, body: JSON.stringify({ ticket }) });
  const [cookie] = answer.headers.getSetCookie();
  if (!answer.ok || cookie === undefined) throw new Error(`the link was not opened: HTTP ${answer.status}`);
  return { page, headers: { cookie: cookie.split(';')[0] ?? '', origin, 'x-vncctl-session': answer.headers.get('x-vncctl-session') ?? '' } };
}

/** A WebSocket to the screen; it may not be open yet. */
export function joinScreen({ page, headers: { 'x-vncctl-session': half, ...headers } }: Visit): WebSocket {
  return new WebSocket(`${page.replace(/^http/, 'ws')}ws`, ['binary', `vncctl.session.${half}`], { headers, perMessageDeflate: false });
}

/** The screen as a stream of RFB, beginning with the greeting. Rejects where the gateway refuses. */
export async function connectScreen(visit: Visit): Promise<ByteStream> {
  const socket = joinScreen(visit);
  const stream = new BufferedByteStream({
    write: (bytes) => socket.send(bytes),
    close: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  socket.on('message', (data) => stream.push(data as Buffer));
  socket.on('close', (code, reason) => stream.end(new RfbFailure('ended', `closed with ${code}: ${reason.toString()}`)));
  await once(socket, 'open');
  return stream;
}

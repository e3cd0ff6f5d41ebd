// Requests that ask for an upgrade to what nobody here speaks (`Upgrade: h2c`, which Java's HttpClient sends by default): they are to be
// answered as if they had not asked (RFC 9110, 7.8). Once somebody listens for WebSockets, Node hands over every upgrade with its bare
// socket, so such a request is put back in front of what follows it, without the question.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { UP_PROTOCOL } from './up-protocol.ts';

/** What some door of a daemon speaks beside HTTP. */
const SPOKEN: readonly string[] = ['websocket', UP_PROTOCOL];

/** Whether a request asks for an upgrade to what is spoken here, maybe among others. */
export function asksForOurs({ headers: { upgrade = '' } }: Pick<IncomingMessage, 'headers'>): boolean {
  return upgrade.split(',').some((protocol) => SPOKEN.includes(protocol.trim().toLowerCase()));
}

/** Gives a request that was handed over to the server again; `head` is what came behind it, `before` the answer that was begun last on this connection. */
export function answerOrdinarily(request: IncomingMessage, socket: Socket, { head, before, takeConnection }: { head: Buffer; before: ServerResponse | undefined; takeConnection: (socket: Socket) => void }): void {
  const again = (): void => {
    if (socket.destroyed) return;
    socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]));
    takeConnection(socket);
  };
  // One that was sent without waiting for the answer to the one before it: the server knows no more of that, and would mix the two.
  if (before && !before.writableFinished && !before.destroyed) before.once('finish', again);
  else again();
}

/** Request line and headers as they came, but for the question. */
function headOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): string {
  const lines: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    const kept = /^connection$/i.test(name) ? withoutUpgrade(value) : /^(upgrade|http2-settings)$/i.test(name) ? '' : value;
    if (kept !== '' || value === '') lines.push(`${name}: ${kept}\r\n`);
  }
  return `${method} ${url} HTTP/${httpVersion}\r\n${lines.join('')}\r\n`;
}

function withoutUpgrade(connection: string): string {
  return connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !/^(upgrade|http2-settings)$/i.test(option))
    .join(', ');
}

// JSON objects over a socket, one a line; an empty line only says that the other side is still there.
import type { Duplex } from 'node:stream';

/** Sends one. Does nothing on a socket that is gone. */
export function sendLine(socket: Duplex, value: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}

/** Says that this side is still there. */
export function sendSign(socket: Duplex): void {
  if (socket.writable) socket.write('\n');
}

export interface LineReader {
  /** Bytes as they come. Hands over each object that is whole; `undefined` for what is none. Throws when a line is too long. */
  read(bytes: Buffer): unknown[];
}

/** Reads lines of at most so many bytes. */
export function createLineReader(mostBytes: number): LineReader {
  let rest = Buffer.alloc(0);
  return {
    read(bytes) {
      rest = Buffer.concat([rest, bytes]);
      const values: unknown[] = [];
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        const line = rest.toString('utf8', 0, end).trim();
        rest = rest.subarray(end + 1);
        if (line !== '') values.push(parsed(line));
      }
      if (rest.length > mostBytes) throw new Error(`a line of more than ${mostBytes} bytes`);
      return values;
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

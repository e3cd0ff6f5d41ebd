// What a TCP port says to whoever just sends it some bytes.
import { connect } from 'node:net';

/** All that it answers until it hangs up; `nobody` where nobody listens. */
export function askPort(host: string, port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write(bytes));
    let said = '';
    let refused = false;
    socket.setEncoding('latin1').on('data', (text: string) => (said += text));
    // A server that hangs up with bytes unread resets the connection.
    socket.on('error', (error: NodeJS.ErrnoException) => (refused = error.code === 'ECONNREFUSED'));
    socket.on('close', () => resolve(refused ? 'nobody' : said));
  });
}

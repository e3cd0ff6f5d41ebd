// A little reverse proxy of plain HTTP: everything below one path of it is a daemon's, and that path is kept or taken away on the
// way, as proxies do either. Passes the Host on and adds nothing.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { pipeline } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface PathProxy {
  /** Where it leads: `http://127.0.0.1:<port>/desks`. */
  readonly url: string;
  /** The daemon that answers from now on, as `127.0.0.1:<port>`. */
  leadsTo(daemon: string): void;
}

const PREFIX = '/desks';

/** To be called inside a test; ended after it. */
export async function startPathProxy({ keeps }: { keeps: boolean }): Promise<PathProxy> {
  let daemon = '';
  const server = createServer((asked, answer) => {
    const { method, headers, url = '' } = asked;
    if (!url.startsWith(`${PREFIX}/`)) return void answer.writeHead(404).end();
    const [host, port] = daemon.split(':');
    const sent = request({ host, port, method, headers, path: keeps ? url : url.slice(PREFIX.length), agent: false }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      pipeline(given, answer, () => {});
    });
    pipeline(asked, sent, (error) => {
      if (error) answer.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : Number.NaN;
  return { url: `http://127.0.0.1:${port}${PREFIX}`, leadsTo: (address) => void (daemon = address) };
}

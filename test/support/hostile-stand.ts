// What the tests of exhaustion stand on: a daemon with a door, a desktop, links to it, tokens, and bare connections to the door.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Scope } from '../../src/core/tokens.ts';
import type { Installation } from './cli.ts';
import { succeeds } from './daemon-desktops.ts';
import type { Daemons, TestDaemon } from './daemons.ts';
import { watchedTurns } from './daemon-watch.ts';

export interface HostileStand {
  daemon: TestDaemon;
  origin: string;
  /** Where it writes how long its turns are. */
  turnsFile: string;
  port: number;
  token(scope: Scope): Promise<string>;
  /** A link to the client's desktop. */
  share(client: string, ...flags: string[]): Promise<string>;
  /** A connection that says this and nothing more; gone after the test. */
  stranger(begin?: string): Promise<Socket>;
  /** A whole request on a connection of its own. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<{ status: number; retryAfter: string | undefined; body: string }>;
}

/** Starts the daemon of an installation whose setting `listen` is `127.0.0.1:0`. To be called inside a test. */
export async function hostileStand({ vncctl, home }: Pick<Installation, 'vncctl' | 'home'>, daemons: Daemons, env: Readonly<Record<string, string>> = {}): Promise<HostileStand> {
  const turns = watchedTurns(home);
  const daemon = await daemons.watching({ ...turns, ...env });
  const { message } = await daemon.line({ message: /^answering at/ });
  const port = Number(/:(\d+)/.exec(message)?.[1]);
  const origin = `http://127.0.0.1:${port}`;
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await succeeds(vncctl(...args, '--json'))).stdout) as T;
  return {
    daemon,
    origin,
    turnsFile: turns['VNCCTL_TEST_TURNS'] ?? '',
    port,
    token: async (scope) => (await json<{ token: string }>('token', 'create', '--scope', scope)).token,
    share: async (client, ...flags) => (await json<{ url: string }>('share', client, ...flags)).url,
    async stranger(begin = '') {
      const socket = connect(port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(begin);
      return socket;
    },
    ask: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        request(`${origin}${path}`, { agent: false, headers }, (response) => {
          text(response).then((body) => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body }), reject);
        })
          .once('error', reject)
          .end();
      }),
  };
}

// One connection of this process to itself. Whether it shows in a table of connections tells whether that table can be trusted.
import { connect, createServer, type Socket } from 'node:net';

export interface Canary {
  /** Sends a byte over it, opening it first where needed; tells its ports. Rejects when loopback can't be used. */
  chirp(): Promise<{ fromPort: number; toPort: number }>;
  /** Drops it. */
  close(): void;
}

interface Pair {
  near: Socket;
  far: Socket;
  fromPort: number;
  toPort: number;
}

const OPEN_DEADLINE_MS = 1000;

/** Opens nothing yet; never keeps the process alive. */
export function createLoopbackCanary(): Canary {
  let pair: Promise<Pair> | undefined;
  let closed = false;

  const open = (): Promise<Pair> => {
    const opening = openPair();
    const forget = (): void => {
      if (pair === opening) pair = undefined;
    };
    opening.then(({ near, far }) => {
      const drop = (): void => {
        near.destroy();
        far.destroy();
        forget();
      };
      for (const socket of [near, far]) socket.on('error', drop).on('close', drop);
    }, forget);
    return opening;
  };

  return {
    async chirp() {
      if (closed) throw new Error('it was closed');
      pair ??= open();
      const { near, fromPort, toPort } = await pair;
      await new Promise<void>((resolve, reject) => near.write('.', (error) => (error ? reject(error) : resolve())));
      return { fromPort, toPort };
    },
    close() {
      closed = true;
      void pair?.then(
        ({ near, far }) => {
          near.destroy();
          far.destroy();
        },
        () => {},
      );
    },
  };
}

/** Both ends of a connection over 127.0.0.1; nothing listens any more once it stands. */
function openPair(): Promise<Pair> {
  return new Promise((resolve, reject) => {
    const server = createServer().unref();
    const comers = new Set<Socket>();
    let near: Socket | undefined;
    const timer = setTimeout(() => fail(new Error(`no connection over loopback within ${OPEN_DEADLINE_MS / 1000} s`)), OPEN_DEADLINE_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      server.close();
      near?.destroy();
      for (const comer of comers) comer.destroy();
      reject(error);
    };
    const settle = (): void => {
      // Somebody else may have come in between.
      const far = [...comers].find((comer) => near?.localPort !== undefined && comer.remotePort === near.localPort);
      if (!near || near.connecting || !far) return;
      clearTimeout(timer);
      server.close();
      for (const comer of comers) if (comer !== far) comer.destroy();
      far.resume();
      near.resume();
      resolve({ near, far, fromPort: near.localPort ?? 0, toPort: near.remotePort ?? 0 });
    };
    server.on('error', fail);
    server.on('connection', (comer) => {
      comers.add(comer.unref());
      comer.on('error', () => {});
      settle();
    });
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return fail(new Error('no port to listen on'));
      near = connect({ host: '127.0.0.1', port: address.port }).unref();
      near.on('error', fail);
      near.on('connect', settle);
    });
  });
}

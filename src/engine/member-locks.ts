// Locks of warm desktops among the processes of one machine: abstract Unix sockets, which only one can listen on, which are no file
// that could be lost, and which the kernel frees at the moment their holder ends, however it does.
import { createServer } from 'node:net';
import type { MemberLocks } from '../core/member-locks.ts';

/** For Linux only: elsewhere there are no abstract sockets. */
export const socketLocks: MemberLocks = {
  tryTake: ({ desktopId }) =>
    new Promise((resolve, reject) => {
      const server = createServer((connection) => connection.destroy());
      server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
      server.listen(`\0vncctl-member-${desktopId}`, () => {
        // A lock alone keeps no process running.
        server.unref();
        resolve(() => new Promise((released) => server.close(() => released())));
      });
    }),
};

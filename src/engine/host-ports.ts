// Whether a port of this host is free, as the operating system sees it: the engine's own books don't know other programs.
import { createServer } from 'node:net';
import type { HostPorts } from '../core/ports.ts';

/** Asks by listening for a moment; an address that isn't this host's counts as free (the engine will say so itself). */
export const hostPorts: HostPorts = {
  async isFree(address, port) {
    return new Promise((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRNOTAVAIL'));
      server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
    });
  },
};

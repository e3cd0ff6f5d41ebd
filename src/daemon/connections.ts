// The connections of a door: how many there may be, in all and from one address, and which one is ended when there is one too
// many. Those that routes took over (a viewer's WebSocket) are counted elsewhere.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ownerOf } from '../core/address-owner.ts';
import { isLoopbackAddress } from '../core/host-header.ts';
import { admit, type Holder, type ShareLimits } from '../core/shares.ts';

export interface ConnectionRules {
  /** Whether many people come from that address: a proxy that the settings trust. Nobody but this machine itself when absent. */
  isProxy?: (address: string) => boolean;
  /** Whether somebody who may use the API asks on that connection. Nobody when absent. */
  isKnown?: (socket: object) => boolean;
  limits?: ShareLimits;
}

export interface Connections {
  /** Takes one that just came, which may end another. */
  came(socket: Socket): void;
  /** A request was read on one, and is being answered. */
  asks(request: IncomingMessage, response: ServerResponse): void;
  /** The one that this request came on serves another protocol from now on. */
  isTaken(request: IncomingMessage): void;
  /** Ends all, also those that were taken over. */
  endAll(): void;
}

interface Connection extends Holder {
  key: string | Socket;
  socket: Socket;
  /** What requests name: beneath TLS it is another one. */
  spoken: Socket | undefined;
  /** Read, and not yet answered whole. */
  open: Set<IncomingMessage>;
}

// A class that opens its pages at the same moment behind one router holds some two hundred.
const LIMITS: ShareLimits = { most: 512, shares: { address: 256 } };

/** None yet. */
export function createConnections({ isProxy = () => false, isKnown = () => false, limits = LIMITS }: ConnectionRules): Connections {
  const all = new Set<Socket>();
  const asking = new Map<string | Socket, Connection>();

  /** The longest silent goes first; one that is being answered only where nobody else is left; one of somebody who is known, never while it is. */
  const yieldsOf = ({ open, spoken }: Pick<Connection, 'open' | 'spoken'>): number | undefined => {
    // What has not come whole may never come.
    const isAnswered = [...open].some((request) => request.complete);
    const isOfKnown = spoken !== undefined && isKnown(spoken);
    if (!isAnswered) return isOfKnown ? 1 : 0;
    return isOfKnown ? undefined : 2;
  };

  const countsOf = ({ remoteAddress: address }: Socket): Holder['counts'] => {
    if (address === undefined) return { near: 'socket' };
    // Counted as well, so that they give way first where they hold most, but without a bound of their own.
    return isLoopbackAddress(address) || isProxy(address) ? { near: address } : { address: ownerOf(address) };
  };

  return {
    came(socket) {
      // One that a request was put back into comes again.
      if (all.has(socket)) return;
      all.add(socket);
      const key = keyOf(socket);
      const own: Connection = {
        key,
        socket,
        counts: countsOf(socket),
        heardAtMs: performance.now(),
        spoken: undefined,
        open: new Set(),
        get yields() {
          return yieldsOf(this);
        },
      };
      socket.once('close', () => {
        all.delete(socket);
        if (asking.get(key) === own) asking.delete(key);
      });
      const answer = admit([...asking.values()], own, { ...limits, shares: { ...limits.shares, near: limits.most } });
      if (!answer.isAdmitted) {
        socket.destroy();
        return;
      }
      if (answer.evicts) {
        asking.delete(answer.evicts.key);
        answer.evicts.socket.destroy();
      }
      asking.set(key, own);
    },
    asks(request, response) {
      const connection = asking.get(keyOf(request.socket));
      if (!connection) return;
      connection.heardAtMs = performance.now();
      connection.spoken = request.socket;
      connection.open.add(request);
      response.once('close', () => connection.open.delete(request));
    },
    isTaken: (request) => void asking.delete(keyOf(request.socket)),
    endAll() {
      for (const socket of all) socket.destroy();
    },
  };
}

// The socket beneath TLS is another object than the one of its requests, with the same other end. A Unix socket has none to name.
function keyOf(socket: Socket): string | Socket {
  const { remoteAddress, remotePort, localPort } = socket;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort} ${localPort}`;
}

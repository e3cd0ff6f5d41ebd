// All tunnels of the gateway: the WebSocket handshake with a viewer that somebody else has let in, how many there may be, whether
// their viewers are still there, and their end when the daemon stops.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../core/clock.ts';
import { CLOSE_CODES, type CloseCode } from './close-codes.ts';
import { Tunnel, type TunnelSession, type TunnelState } from './tunnel.ts';
import { admitViewer } from './viewer-places.ts';

export interface TunnelLimits {
  /** For dialling the container and authenticating there. */
  connectTimeoutMs: number;
  pingEveryMs: number;
  /** A viewer that has answered no ping and sent nothing for so long is dropped, at the next ping. */
  idleTimeoutMs: number;
  /** In all; one ticket, address or desktop may hold a share of them. A viewer for whom there is none is answered with HTTP 503. */
  maxSessions: number;
  /** How long a viewer may take to read what was sent to it and to answer a close. */
  drainMs: number;
}

export interface TunnelsOptions {
  clock: Clock;
  limits: TunnelLimits;
  /** A viewer is gone; the failure is that of its desktop, or a fault, or undefined. */
  onEnd?(state: TunnelState, failure: unknown): void;
}

export interface Tunnels {
  /** Answers an upgrade request, as `http.Server` emits it, and serves its viewer until either side ends. A bad request gets its HTTP status. Returns the viewer's id; undefined when it was turned away. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, session: TunnelSession): number | undefined;
  /** The viewers there are now, in the order of their coming. */
  list(): TunnelState[];
  /** Ends one and tells its viewer why, in at most 123 bytes; false when there is none with this id. */
  close(id: number, code: CloseCode, reason: string): boolean;
  /** Takes nobody any more, tells all viewers to go away, and resolves when they are gone: by force after `drainMs`. May be called again. */
  stop(): Promise<void>;
}

/** noVNC sends ten kilobytes at a time; other clients' bridges read 64. */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** A message in more pieces than that costs more memory than its bytes. */
const MAX_PIECES = 1_024;

export function createTunnels({ clock, limits, onEnd }: TunnelsOptions): Tunnels {
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_PIECES,
    maxBufferedChunks: MAX_PIECES,
    closeTimeout: limits.drainMs,
    handleProtocols: (offered: Set<string>) => (offered.has('binary') ? 'binary' : (false as const)),
  };
  const server = new WebSocketServer(settings);
  const tunnels = new Map<number, Tunnel>();
  /** They were told to go, and hold no place any more. */
  const leaving = new Set<Tunnel>();
  let count = 0;
  let stopped: Promise<void> | undefined;
  let noneLeft = (): void => {};
  let beats: AbortController | undefined;

  const startBeats = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(limits.pingEveryMs, signal);
      for (const tunnel of tunnels.values()) tunnel.beat(limits.idleTimeoutMs);
    }
  };

  const add = (tunnel: Tunnel, id: number): void => {
    tunnels.set(id, tunnel);
    if (beats !== undefined) return;
    beats = new AbortController();
    startBeats(beats.signal).catch(() => undefined);
  };

  const makeLeave = (tunnel: Tunnel): void => {
    leaving.add(tunnel);
    tunnel.close(CLOSE_CODES.tryAgainLater, 'somebody else needs the place');
  };

  const remove = (tunnel: Tunnel, failure: unknown): void => {
    const { state } = tunnel;
    tunnels.delete(state.id);
    leaving.delete(tunnel);
    if (tunnels.size === 0) {
      beats?.abort();
      beats = undefined;
      noneLeft();
    }
    onEnd?.(state, failure);
  };

  const end = async (): Promise<void> => {
    for (const tunnel of tunnels.values()) tunnel.close(CLOSE_CODES.goingAway, 'vncctl stops');
    if (tunnels.size === 0) return;
    const drained = new AbortController();
    const gone = new Promise<void>((resolve) => {
      noneLeft = resolve;
    });
    clock.sleep(limits.drainMs, drained.signal).then(
      () => {
        for (const tunnel of tunnels.values()) tunnel.terminate();
      },
      () => undefined,
    );
    await gone;
    drained.abort();
  };

  return {
    accept(request, socket, head, session) {
      const seated = [...tunnels.values()].filter((tunnel) => !leaving.has(tunnel));
      const admission = admitViewer(seated, session, limits.maxSessions);
      if (stopped !== undefined || !admission.isAdmitted) {
        refuse(socket);
        return undefined;
      }
      let viewer: number | undefined;
      // Calls back before it returns, or not at all.
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const id = ++count;
        viewer = id;
        if (admission.evicts) makeLeave(admission.evicts.viewer);
        add(new Tunnel({ id, clock, webSocket, socket, session, connectTimeoutMs: limits.connectTimeoutMs, onEnd: remove }), id);
      });
      return viewer;
    },
    list: () => [...tunnels.values()].map(({ state }) => state),
    close(id, code, reason) {
      const tunnel = tunnels.get(id);
      tunnel?.close(code, reason);
      return tunnel !== undefined;
    },
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}

function refuse(socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n');
}

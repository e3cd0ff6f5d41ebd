// One viewer's WebSocket joined to one RFB socket. What the viewer sends comes through `ws`; what it gets is written as finished
// frames to the socket beneath, with one write each, so that a pong or a close of `ws` falls between two of them and never into one.
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../core/clock.ts';
import type { Holder } from '../core/shares.ts';
import { isVncctlError } from '../errors.ts';
import { BufferedByteStream, type ByteStream } from '../rfb/byte-stream.ts';
import { RfbFailure } from '../rfb/failure.ts';
import { CLOSE_CODES, type CloseCode } from './close-codes.ts';
import type { RfbLink } from './rfb-link.ts';
import { placesOf } from './viewer-places.ts';
import type { ViewerFilter } from './viewer-filter.ts';

/** What a viewer was allowed, and by whom it is served. */
export interface TunnelSession {
  /** Opaque id of the desktop. */
  desktop: string;
  viewOnly: boolean;
  /** Where the viewer comes from, as whoever let it in has found out. */
  address: string;
  /** What it was let in by; it shares the ticket's places. Absent: it shares no ticket's. */
  ticket?: string;
  /** Opens the container's end, authenticated. */
  dial(signal: AbortSignal): Promise<RfbLink>;
  /** The server's side of the handshake towards the viewer; goes on while the container is dialled. Absent: the container's greeting is passed on. */
  greet?(viewer: ByteStream): Promise<unknown>;
  filter: ViewerFilter;
  onInput?(at: Date): void;
}

/** One viewer as it is listed. */
export interface TunnelState {
  /** Unique while the daemon runs. */
  id: number;
  desktop: string;
  viewOnly: boolean;
  address: string;
  since: Date;
  lastInputAt: Date | undefined;
  /** Whether the viewer has sent what can't be read, so that later input isn't seen. */
  unread: boolean;
  /** RFB bytes, without what WebSocket adds. */
  toViewerBytes: number;
  fromViewerBytes: number;
}

export interface TunnelOptions {
  id: number;
  clock: Clock;
  webSocket: WebSocket;
  /** The socket beneath the WebSocket. */
  socket: Duplex;
  session: TunnelSession;
  connectTimeoutMs: number;
  /** Told once, when nothing of it is left; the failure is that of the container, or a fault. */
  onEnd(tunnel: Tunnel, failure: unknown): void;
}

/** A viewer that was let in answers two messages; one on a bad line may need a while for it. */
const GREET_WITHIN_MS = 15_000;

export class Tunnel {
  readonly #options: TunnelOptions;
  readonly #since: Date;
  /** What the viewer says before both ends are joined. */
  readonly #early: BufferedByteStream;
  readonly #joining = new AbortController();
  #link: RfbLink | undefined;
  #joined = false;
  #lastInputAt: Date | undefined;
  #unread = false;
  #heardMs: number;
  #toViewerBytes = 0;
  #fromViewerBytes = 0;
  /** Frames that are on their way out. */
  #unsent = 0;
  #ending = false;
  #failure: unknown;

  constructor(options: TunnelOptions) {
    const { clock, webSocket } = options;
    this.#options = options;
    this.#since = clock.now();
    this.#heardMs = clock.monotonicMs();
    this.#early = new BufferedByteStream({
      write: (bytes) => webSocket.send(bytes),
      close: () => this.close(CLOSE_CODES.policy, 'the handshake failed'),
      pause: () => webSocket.pause(),
      resume: () => webSocket.resume(),
    });
    // `ws` would first wait until all is sent that it will never read.
    options.socket.once('end', () => this.terminate());
    webSocket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    webSocket.on('pong', () => {
      this.#heardMs = clock.monotonicMs();
    });
    // `ws` closes by itself, with the code that the fault calls for.
    webSocket.on('error', () => this.#end(undefined));
    webSocket.on('close', () => {
      this.#end(undefined);
      options.onEnd(this, this.#failure);
    });
    void this.#open();
  }

  get state(): TunnelState {
    const { id, session } = this.#options;
    const { desktop, viewOnly, address } = session;
    return { id, desktop, viewOnly, address, since: this.#since, lastInputAt: this.#lastInputAt, unread: this.#unread, toViewerBytes: this.#toViewerBytes, fromViewerBytes: this.#fromViewerBytes };
  }

  /** What it counts for, and since when nothing was heard of it. */
  get holds(): Pick<Holder, 'counts' | 'heardAtMs'> {
    const { desktop, address, ticket } = this.#options.session;
    return { counts: placesOf({ desktop, address, ticket }), heardAtMs: this.#heardMs };
  }

  get viewOnly(): boolean {
    return this.#options.session.viewOnly;
  }

  /** Ends it and tells the viewer why, in at most 123 bytes. What has been written to it before arrives. Idempotent. */
  close(code: CloseCode, reason: string, failure?: unknown): void {
    if (this.#ending) return;
    this.#end(failure);
    this.#options.webSocket.close(code, reason);
  }

  /** Ends it at once. */
  terminate(): void {
    this.#end(undefined);
    this.#options.webSocket.terminate();
  }

  /** Asks whether the viewer is still there, and drops it when nothing was heard of it for so long. */
  beat(idleTimeoutMs: number): void {
    const { clock, webSocket } = this.#options;
    if (clock.monotonicMs() - this.#heardMs >= idleTimeoutMs) this.terminate();
    else if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
  }

  async #open(): Promise<void> {
    const { clock, session, connectTimeoutMs } = this.#options;
    const dialled = this.#within(connectTimeoutMs, () => {
      const reason = 'the desktop did not answer in time';
      this.close(CLOSE_CODES.badGateway, reason, new RfbFailure('ended', reason));
    });
    const greeted = this.#within(GREET_WITHIN_MS, () => this.close(CLOSE_CODES.policy, 'no handshake in time'));
    const dial = async (): Promise<RfbLink> => {
      const link = await session.dial(this.#joining.signal);
      dialled.abort();
      this.#link = link;
      // It came too late.
      if (this.#ending) link.close();
      return link;
    };
    const greet = async (): Promise<void> => {
      try {
        await session.greet?.(this.#early);
      } catch (error) {
        if (error instanceof RfbFailure) this.close(CLOSE_CODES.policy, 'the handshake failed');
        throw error;
      }
      greeted.abort();
    };
    try {
      const [link] = await Promise.all([dial(), greet()]);
      if (!this.#ending) this.#join(link);
    } catch (error) {
      if (error instanceof RfbFailure) this.close(CLOSE_CODES.badGateway, 'the desktop does not answer', error);
      else if (isVncctlError(error, 'NO_MEMORY')) this.close(CLOSE_CODES.tryAgainLater, 'there is no room for it now', error);
      else if (isVncctlError(error, 'VIEW_ONLY_REFUSED')) this.close(CLOSE_CODES.policy, 'the desktop can not be shown view-only', error);
      else this.close(CLOSE_CODES.internal, 'vncctl failed', error);
    } finally {
      dialled.abort();
      greeted.abort();
      this.#heardMs = clock.monotonicMs();
    }
  }

  #within(ms: number, late: () => void): AbortController {
    const done = new AbortController();
    this.#options.clock.sleep(ms, done.signal).then(late, () => undefined);
    return done;
  }

  #join(link: RfbLink): void {
    const { webSocket } = this.#options;
    this.#joined = true;
    link.pass({
      frame: (frame, bytes) => this.#toViewer(frame, bytes),
      drained: () => webSocket.resume(),
      ended: (failure) => {
        if (failure === undefined) this.close(CLOSE_CODES.normal, 'the desktop closed the connection');
        else this.close(CLOSE_CODES.badGateway, 'the desktop was lost', failure);
      },
    });
    const early = this.#early.rest();
    if (early.length > 0) this.#toDesktop(early);
  }

  /** The frame's memory is used again after true, and after false once the link was resumed: so no earlier than all has gone out. */
  #toViewer(frame: Buffer, bytes: number): boolean {
    const { socket, webSocket } = this.#options;
    // After a close frame no other may follow.
    if (webSocket.readyState !== webSocket.OPEN) return false;
    this.#toViewerBytes += bytes;
    this.#unsent++;
    socket.write(frame, this.#sent);
    return socket.writableLength === 0;
  }

  readonly #sent = (error?: Error | null): void => {
    this.#unsent--;
    if (this.#unsent === 0 && !error) this.#link?.resume();
  };

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#ending) return;
    this.#heardMs = this.#options.clock.monotonicMs();
    if (!isBinary) return this.close(CLOSE_CODES.unsupported, 'only binary messages are taken');
    const chunk = data as Buffer;
    this.#fromViewerBytes += chunk.length;
    if (this.#joined) this.#toDesktop(chunk);
    else this.#early.push(chunk);
  }

  #toDesktop(chunk: Buffer): void {
    const { clock, session, webSocket } = this.#options;
    const link = this.#link;
    if (link === undefined || this.#ending) return;
    try {
      const { forward, input, unread, close } = session.filter(chunk);
      if (unread) this.#unread = true;
      let more = true;
      for (const bytes of forward) more = link.write(bytes) && more;
      if (!more) webSocket.pause();
      if (input) {
        this.#lastInputAt = clock.now();
        session.onInput?.(this.#lastInputAt);
      }
      if (close !== undefined) this.close(CLOSE_CODES.policy, close);
    } catch (error) {
      this.close(CLOSE_CODES.internal, 'vncctl failed', error);
    }
  }

  #end(failure: unknown): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#failure = failure;
    const gone = new RfbFailure('ended', 'the viewer is gone');
    this.#joining.abort(gone);
    this.#early.end(gone);
    this.#link?.close();
    // A paused one would never see the answer to its close.
    this.#options.webSocket.resume();
  }
}

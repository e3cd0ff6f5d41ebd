// What is changed in a running desktop when it gets its client, so that a warm one fits whoever takes it. Done in claim/ (the
// page) and rfb/ (the size).
import type { Clock } from './clock.ts';

/** Where a port of a desktop is dialled from here. */
export interface FittingPlace {
  host: string;
  port: number;
}

export interface FittingOptions {
  /** Ends the attempt, which then rejects with its reason. */
  signal: AbortSignal;
  clock: Clock;
}

/** What a desktop is to show from now on. */
export interface PageRequest {
  /** Absent: the page that is there stays. */
  url?: string;
  /** As the image's welcome page shows it, where that is what stays. */
  clientLabel?: string;
}

export interface OpenPageOptions extends FittingOptions {
  /** Whether saying it is enough: a browser that was just woken takes a fifth of a second to answer, and nothing depends on a label. */
  unanswered?: boolean;
}

/**
 * Shows another page in the browser that runs, at the claim port of a desktop whose image has one, and with its secret. Resolves once
 * the old page is off the screen, of which nothing stays: no history, no storage; `unanswered`, once it was said. Works once in a desktop's life, and only until somebody
 * has used it: CLAIM_REFUSED else, and where nobody listens. USAGE for an address that is no page's, NOT_READY after ten seconds.
 */
export type OpenPage = (place: FittingPlace, secret: string, request: PageRequest, options: OpenPageOptions) => Promise<void>;

/**
 * Gives the screen at an RFB port another size. Resolves once the server has it; the browser follows by itself. VNC_REFUSED when the
 * server won't, SECRET_REFUSED, NOT_VNC, NOT_READY when nobody answers there or after ten seconds.
 */
export type ResizeScreen = (place: FittingPlace, secret: string, size: { width: number; height: number }, options: FittingOptions) => Promise<void>;

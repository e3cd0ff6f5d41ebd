// How an RFB conversation can fail, inside this folder. What leaves the folder is a VncctlError: readiness.ts translates.

/**
 * `ended`: nobody listens, or the peer went away (worth another attempt); `wrong-secret`: authentication failed, or a secret is
 * needed and none is known; `refused`: the server turns the client away, with its reason; `not-rfb`: the bytes are no RFB.
 */
export type RfbFailureKind = 'ended' | 'wrong-secret' | 'refused' | 'not-rfb';

/** An expected failure of an RFB conversation. */
export class RfbFailure extends Error {
  readonly kind: RfbFailureKind;

  constructor(kind: RfbFailureKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RfbFailure';
    this.kind = kind;
  }
}

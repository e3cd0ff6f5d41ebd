// How an RFB conversation can fail, inside this folder, and the VncctlError that leaves it.
import { VncctlError } from '../errors.ts';

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

/** What whoever started the conversation gets to see. `ended` and all that is no RfbFailure stay what they are. */
export function toVncctlError(error: unknown): unknown {
  if (!(error instanceof RfbFailure)) return error;
  switch (error.kind) {
    case 'wrong-secret':
      return new VncctlError('SECRET_REFUSED', `the desktop does not take the secret it was given: ${error.message}`, {
        hint: 'make it anew with: vncctl up --recreate <client>',
        cause: error,
      });
    case 'refused':
      return new VncctlError('VNC_REFUSED', `the desktop's VNC server turns vncctl away: ${error.message}`, {
        hint: 'see its log with: vncctl inspect <client>',
        cause: error,
      });
    case 'not-rfb':
      return new VncctlError('NOT_VNC', `what answers at the desktop's port is no VNC server: ${error.message}`, {
        hint: 'check the ports of the image with: vncctl images inspect <image>',
        cause: error,
      });
    case 'ended':
      return error;
  }
}

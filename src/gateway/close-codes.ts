// What a viewer is told when its WebSocket is closed (RFC 6455, section 7.4, and IANA's registry of these codes).

export const CLOSE_CODES = {
  /** The desktop closed the connection. */
  normal: 1000,
  /** The gateway stops: the same link works again soon. */
  goingAway: 1001,
  /** A text message, which RFB has none of. */
  unsupported: 1003,
  /** What the viewer sent is not allowed. */
  policy: 1008,
  /** A fault of vncctl. */
  internal: 1011,
  /** The host has no memory to start the desktop now: it may have some soon. */
  tryAgainLater: 1013,
  /** The desktop does not answer, or was lost. */
  badGateway: 1014,
  /** Somebody ended it on purpose: the page must not come back by itself. Of the codes for private use; web/viewer/screen.ts knows it too. */
  kicked: 4001,
} as const;

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];

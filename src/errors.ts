// The kinds of failure and the one error class. A kind fixes the exit code and the HTTP status; a code
// names the exact failure and is stable. It owns no wording: messages are written where the failure is known.

/** What went wrong in general; each kind has one exit code and one HTTP status. */
export type ErrorKind =
  | 'usage'
  | 'not-found'
  | 'conflict'
  | 'capacity'
  | 'engine'
  | 'timeout'
  | 'denied'
  | 'bug'
  | 'interrupted';

/** The published table of kinds: README and tests are held against it. `http` is absent where no answer can be sent. */
export const ERROR_KINDS: Readonly<Record<ErrorKind, { exit: number; http?: number; when: string }>> = {
  usage: { exit: 2, http: 400, when: 'a bad flag, id, setting or catalog entry' },
  'not-found': { exit: 3, http: 404, when: 'no such desktop, image, share or viewer' },
  conflict: { exit: 4, http: 409, when: 'a name taken by something foreign, a locked store, a second daemon or none' },
  capacity: { exit: 5, http: 429, when: 'no free port, no memory, too many requests or shares' },
  engine: { exit: 6, http: 503, when: 'engine unreachable, pull or build failed, container died; systemd refused; the daemon gives no answer' },
  timeout: { exit: 7, http: 504, when: 'not ready in time' },
  denied: { exit: 8, http: 403, when: 'no right to do this' },
  bug: { exit: 1, http: 500, when: 'anything else: a fault of vncctl itself' },
  interrupted: { exit: 130, when: 'Ctrl-C or a cancelled question' },
};

/** Every stable error code and its kind. A new failure starts with a line here and one in the README. */
export const ERROR_CODES = {
  USAGE: 'usage',
  BAD_CLIENT_ID: 'usage',
  BAD_SETTING: 'usage',
  BAD_CATALOG_ENTRY: 'usage',
  BAD_ESCAPE_TABLE: 'usage',
  BAD_CONFIGURATION: 'usage',
  NEEDS_CONFIRMATION: 'usage',
  METHOD_NOT_ALLOWED: 'usage',
  BODY_TOO_LARGE: 'usage',
  BODY_NOT_JSON: 'usage',
  DESKTOP_NOT_FOUND: 'not-found',
  IMAGE_NOT_FOUND: 'not-found',
  NETWORK_NOT_FOUND: 'not-found',
  SETTING_NOT_FOUND: 'not-found',
  TICKET_NOT_FOUND: 'not-found',
  TOKEN_NOT_FOUND: 'not-found',
  VIEWER_NOT_FOUND: 'not-found',
  OPERATION_NOT_FOUND: 'not-found',
  ROUTE_NOT_FOUND: 'not-found',
  NAME_TAKEN: 'conflict',
  CONFLICT: 'conflict',
  NETWORK_CONFLICT: 'conflict',
  STORE_LOCKED: 'conflict',
  DAEMON_RUNNING: 'conflict',
  DAEMON_NOT_RUNNING: 'conflict',
  PORT_TAKEN: 'conflict',
  IDEMPOTENCY_CONFLICT: 'conflict',
  CLAIM_REFUSED: 'conflict',
  TRIAL_UNREACHABLE: 'conflict',
  VIEW_ONLY_REFUSED: 'conflict',
  NO_FREE_PORT: 'capacity',
  NO_MEMORY: 'capacity',
  TOO_MANY_REQUESTS: 'capacity',
  TOO_MANY_SHARES: 'capacity',
  ENGINE_UNREACHABLE: 'engine',
  ENGINE_DENIED: 'engine',
  ENGINE_TIMEOUT: 'engine',
  ENGINE_MISSING: 'engine',
  ENGINE_FAILED: 'engine',
  PULL_FAILED: 'engine',
  BUILD_FAILED: 'engine',
  CONTAINER_DIED: 'engine',
  VNC_REFUSED: 'engine',
  NOT_VNC: 'engine',
  SERVICE_FAILED: 'engine',
  DAEMON_FAILED: 'engine',
  NOT_READY: 'timeout',
  STORE_DENIED: 'denied',
  SECRET_REFUSED: 'denied',
  TOKEN_REFUSED: 'denied',
  SCOPE_TOO_SMALL: 'denied',
  CROSS_SITE: 'denied',
  BUG: 'bug',
  INTERRUPTED: 'interrupted',
  TERMINATED: 'interrupted',
} as const satisfies Record<string, ErrorKind>;

/** A stable name of one exact failure. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Codes whose HTTP status is more exact than that of their kind. */
export const HTTP_OF_CODE: Readonly<Partial<Record<ErrorCode, number>>> = { TOKEN_REFUSED: 401, METHOD_NOT_ALLOWED: 405, BODY_TOO_LARGE: 413, BODY_NOT_JSON: 415 };

// What has no status of its own ends with whoever answers, who is about to go.
const HTTP_OF_NONE = 503;

/** An expected failure: what happened in `message`, the command to type next in `hint`. Its kind follows from its code. */
export class VncctlError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VncctlError';
    this.code = code;
    this.hint = options.hint;
  }

  get kind(): ErrorKind {
    return ERROR_CODES[this.code];
  }

  /** SIGTERM has the shell's own convention, a daemon's bad configuration that of sysexits.h (EX_CONFIG); every other code follows its kind. */
  get exitCode(): number {
    if (this.code === 'BAD_CONFIGURATION') return 78;
    if (this.code === 'TERMINATED') return 143;
    return ERROR_KINDS[this.kind].exit;
  }
}

/** The HTTP status that a failure of that code is answered with. */
export function httpStatusOf(code: ErrorCode): number {
  return HTTP_OF_CODE[code] ?? ERROR_KINDS[ERROR_CODES[code]].http ?? HTTP_OF_NONE;
}

/** Whether `error` is an expected failure with one of the given codes (any code when none is given). */
export function isVncctlError(error: unknown, ...codes: ErrorCode[]): error is VncctlError {
  return error instanceof VncctlError && (codes.length === 0 || codes.includes(error.code));
}

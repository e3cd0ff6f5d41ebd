// The daemon as another process of this machine asks it: some of the API over its Unix socket, with a deadline and a bound for the
// answer.
import { request as requestHttp } from 'node:http';
import type { DaemonControl, Viewer } from '../core/control.ts';
import { VncctlError } from '../errors.ts';

import { errorIn } from '../core/error-json.ts';

export interface ControlClientOptions {
  /** Path of the socket. */
  socket: string;
  /** For one question; 30 s when absent. */
  deadlineMs?: number;
}

const VIEWERS_PATH = '/api/v1/viewers';
/** As many as one answer holds. */
const PAGE_SIZE = '1000';
// The daemon itself may wait 20 s for the lock of its tickets, and then says so.
const DEADLINE_MS = 30_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Connects for each question anew. */
export function createControlClient({ socket, deadlineMs = DEADLINE_MS }: ControlClientOptions): DaemonControl {
  const ask = async (method: string, path: string, signal: AbortSignal | undefined): Promise<unknown> => {
    const deadline = AbortSignal.timeout(deadlineMs);
    let answer: { status: number; text: string };
    try {
      answer = await exchange(socket, method, path, signal ? AbortSignal.any([signal, deadline]) : deadline);
    } catch (error) {
      signal?.throwIfAborted();
      throw failureToAsk(error, { socket, late: deadline.aborted, deadlineMs });
    }
    const body = parsed(answer.text);
    if (answer.status === 200) return body;
    throw errorIn(body) ?? notUnderstood(`status ${answer.status}`);
  };
  return {
    async viewers({ desktop, signal } = {}) {
      const found: Viewer[] = [];
      let cursor: string | undefined;
      do {
        const query = new URLSearchParams({ limit: PAGE_SIZE, ...(desktop === undefined ? {} : { desktop }), ...(cursor === undefined ? {} : { cursor }) });
        const { viewers, next } = ((await ask('GET', `${VIEWERS_PATH}?${query}`, signal)) ?? {}) as { viewers?: unknown; next?: unknown };
        if (!Array.isArray(viewers) || !viewers.every(isViewer)) throw notUnderstood('no list of viewers');
        found.push(...viewers.map(viewerOf));
        cursor = typeof next === 'string' ? next : undefined;
      } while (cursor !== undefined);
      return found;
    },
    async endViewer(id, { revoke = false, signal } = {}) {
      const viewer = await ask('DELETE', `${VIEWERS_PATH}/${encodeURIComponent(id)}${revoke ? '?revoke=true' : ''}`, signal);
      if (!isViewer(viewer)) throw notUnderstood('no viewer');
      return viewerOf(viewer);
    },
  };
}

function exchange(socketPath: string, method: string, path: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = requestHttp({ socketPath, method, path, agent: false, signal });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) sent.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    sent.end();
  });
}

function failureToAsk(error: unknown, { socket, late, deadlineMs }: { socket: string; late: boolean; deadlineMs: number }): VncctlError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (late) return new VncctlError('DAEMON_FAILED', `the daemon did not answer within ${deadlineMs / 1000} s`, { hint: 'see what it does: its log, or systemctl status vncctl', cause: error });
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return new VncctlError('DAEMON_NOT_RUNNING', `nobody answers at the daemon's socket ${socket}`, { hint: 'start the daemon anew: vncctl daemon, or systemctl restart vncctl', cause: error });
  if (code === 'EACCES' || code === 'EPERM') return new VncctlError('STORE_DENIED', `the daemon's socket ${socket} is not for this user`, { hint: 'ask as the user that the daemon runs as', cause: error });
  return new VncctlError('DAEMON_FAILED', `the daemon could not be asked: ${message}`, { hint: "see the daemon's log", cause: error });
}

function notUnderstood(what: string): VncctlError {
  return new VncctlError('DAEMON_FAILED', `the daemon's answer is not understood: ${what}`, { hint: 'it may be of another version: start it anew' });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isViewer(value: unknown): value is Viewer {
  if (typeof value !== 'object' || value === null) return false;
  const { id, desktop, mode, address, since, lastInputAt, ticket } = value as Readonly<Record<string, unknown>>;
  return [id, desktop, address, since, ticket].every((text) => typeof text === 'string') && (mode === 'full' || mode === 'view-only') && (lastInputAt === null || typeof lastInputAt === 'string');
}

/** Without whose desktop it is, which whoever asks knows better. */
function viewerOf({ id, desktop, mode, address, since, lastInputAt, ticket }: Viewer): Viewer {
  return { id, desktop, mode, address, since, lastInputAt, ticket };
}

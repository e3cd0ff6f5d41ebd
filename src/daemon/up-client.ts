// `up` as a process of the command line asks the daemon for it: see up-route.ts. Speaks to the socket itself, since loading an HTTP
// client would cost more than the answer.
import { connect } from 'node:net';
import type { UpAsk, UpReport } from '../core/hand-out.ts';
import type { Phase, UpOptions } from '../core/up-run.ts';
import { VncctlError } from '../errors.ts';
import { errorIn } from '../core/error-json.ts';
import { createLineReader, type LineReader } from './json-lines.ts';
import { UP_PATH, UP_PROTOCOL } from './up-protocol.ts';

export interface UpClientOptions {
  /** Path of the daemon's socket. */
  socket: string;
  /** How long it may take to begin; 3 s when absent. */
  beginMs?: number;
  /** How long it may say nothing at all while it works; 20 s when absent. */
  silenceMs?: number;
}

/** The daemon has done it, or left it to this process and done nothing. */
export type UpAnswer = { report: UpReport } | { left: string };

export interface UpClientQuestion {
  /** What this process is made of, each fact by its name: see `differences` in up-route.ts. */
  facts: Readonly<Record<string, string>>;
  ask: UpAsk;
}

const BEGIN_MS = 3_000;
const SILENCE_MS = 20_000;
const MOST_BYTES = 4 * 1024 * 1024;

/** Asks for it. Rejects with what `up` throws there, DAEMON_FAILED when the daemon goes away after it has begun, and the signal's reason: then what was half-made is undone. */
export function askForUp({ socket: path, beginMs = BEGIN_MS, silenceMs = SILENCE_MS }: UpClientOptions, question: UpClientQuestion, { signal, onPhase, onProgress }: Pick<UpOptions, 'signal' | 'onPhase' | 'onProgress'>): Promise<UpAnswer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ path });
    let reader: LineReader | undefined;
    let head = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', interrupt);
      settle();
      socket.destroy();
    };
    const left = (why: string): void => finish(() => resolve({ left: why }));
    const broken = (what: string): void => (reader ? finish(() => reject(cutOff(what))) : left(what));
    const interrupt = (): void => {
      // What it has begun it undoes before it answers.
      if (reader) socket.end();
      else finish(() => reject(signal.reason));
    };
    const read = (lines: LineReader, bytes: Buffer): void => {
      for (const line of lines.read(bytes)) {
        const { phase, progress, report, left: why } = (line ?? {}) as { phase?: Phase; progress?: string; report?: UpReport; left?: string };
        const failure = errorIn(line);
        if (failure) return finish(() => reject(failure));
        if (report) return finish(() => resolve({ report }));
        if (why !== undefined) return left(why);
        if (phase) onPhase?.(phase);
        if (progress !== undefined) onProgress?.(progress);
      }
    };
    const begin = (bytes: Buffer): void => {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 || !head.toString('latin1', 0, end).startsWith('HTTP/1.1 101 ')) return;
      socket.setTimeout(silenceMs);
      reader = createLineReader(MOST_BYTES);
      read(reader, head.subarray(end + 4));
    };
    signal.addEventListener('abort', interrupt, { once: true });
    socket.setTimeout(beginMs, () => broken(`nothing came from it for ${(reader ? silenceMs : beginMs) / 1000} s`));
    socket.on('data', (bytes) => {
      try {
        if (reader) read(reader, bytes);
        else begin(bytes);
      } catch (error) {
        broken((error as Error).message);
      }
    });
    socket.once('error', ({ message }) => broken(message));
    socket.once('close', () => broken(reader ? 'it went away' : reasonIn(head)));
    const request = `POST ${UP_PATH} HTTP/1.1\r\nhost: vncctl\r\nconnection: upgrade\r\nupgrade: ${UP_PROTOCOL}\r\n\r\n`;
    socket.write(`${request}${JSON.stringify(question)}\n`);
  });
}

function cutOff(what: string): VncctlError {
  return new VncctlError('DAEMON_FAILED', `the daemon did not bring it to an end: ${what}`, { hint: 'run the same command again: it takes over what was half-made' });
}

/** Why it was refused, from the answer. */
function reasonIn(answer: Buffer): string {
  const [head = '', body = ''] = answer.toString('utf8').split('\r\n\r\n');
  const { error } = (parsed(body) ?? {}) as { error?: { message?: unknown } };
  return typeof error?.message === 'string' ? error.message : `it answered ${head.split('\r\n')[0] || 'nothing'}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

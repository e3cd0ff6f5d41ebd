// `up` for a process of the command line, on the daemon's Unix socket: everything that takes time to load is loaded here already.
// The request becomes a connection of JSON lines: the question; then phases and what it waits for, and at last a report, a failure, or that whoever asked
// has to do it. When they close their side, what is half-made is undone; when they are gone, too.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { UpAsk, UpReport } from '../core/hand-out.ts';
import type { Log } from '../core/log.ts';
import type { UpOptions } from '../core/up-run.ts';
import { isVncctlError, VncctlError } from '../errors.ts';
import type { DoorRoutes } from './door.ts';
import { errorAnswer } from '../core/error-json.ts';
import { createLineReader, sendLine, sendSign } from './json-lines.ts';
import { readUpQuestion } from './up-question.ts';
import { UP_PATH, UP_PROTOCOL } from './up-protocol.ts';
import { wordsOf } from './words-of.ts';

export interface UpRouteParts {
  /** Does it. Throws LeftToAsker before anything was changed. */
  handOut(ask: UpAsk, options: Pick<UpOptions, 'signal' | 'onPhase' | 'onProgress'>): Promise<UpReport>;
  /** Names what is otherwise in this daemon than what an asking process is made of; none: both would do the same. */
  differences(facts: Readonly<Record<string, unknown>>): Promise<readonly string[]>;
  log: Log;
  /** How often whoever asked is told that it goes on; 5 s when absent. */
  signMs?: number;
}

export interface UpRoute extends DoorRoutes {
  /** Ends what goes on, as Ctrl-C would; resolves once it is undone, after three seconds at most. */
  stop(): Promise<void>;
}

/** What the daemon leaves to the process that asked, with the reason. */
export class LeftToAsker extends Error {}

const SIGN_MS = 5_000;
const ASK_WITHIN_MS = 5_000;
const TO_FINISH_MS = 3_000;
const MOST_BYTES = 256 * 1024;

/** The route; nothing goes on yet. */
export function createUpRoute({ handOut, differences, log, signMs = SIGN_MS }: UpRouteParts): UpRoute {
  const running = new Map<Promise<void>, AbortController>();
  let stopping = false;

  const carryOut = async (socket: Duplex, ask: UpAsk, signal: AbortSignal): Promise<void> => {
    const signs = setInterval(() => sendSign(socket), signMs);
    try {
      sendLine(socket, { report: await handOut(ask, { signal, onPhase: (phase) => sendLine(socket, { phase }), onProgress: (progress) => sendLine(socket, { progress }) }) });
    } catch (error) {
      if (error instanceof LeftToAsker) return sendLine(socket, { left: error.message });
      if (!isVncctlError(error)) log.write('error', 'could not give a desktop to the command line', { reason: wordsOf(error) });
      sendLine(socket, errorAnswer(error, { withCause: true }).body);
    } finally {
      clearInterval(signs);
      close(socket);
    }
  };

  const answer = async (socket: Duplex, question: unknown, gone: AbortController): Promise<void> => {
    const { facts, ask } = readUpQuestion(question) ?? {};
    if (!facts || !ask) return refuse(socket, 400, 'the question is not understood');
    const others = await differences(facts);
    if (others.length > 0) return refuse(socket, 409, `it differs in: ${others.join(', ')}`);
    if (stopping) return refuse(socket, 503, 'it stops');
    if (gone.signal.aborted) return close(socket);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${UP_PROTOCOL}\r\n\r\n`);
    const work = carryOut(socket, ask, gone.signal);
    running.set(work, gone);
    await work;
    running.delete(work);
  };

  return {
    request: () => false,
    upgrade({ method, url, headers }, socket, head) {
      if (url !== UP_PATH) return false;
      if (method !== 'POST' || headers.upgrade !== UP_PROTOCOL) {
        refuse(socket, 400, 'this is not asked for so');
        return true;
      }
      const gone = new AbortController();
      for (const event of ['end', 'close']) socket.once(event, () => gone.abort(new VncctlError('INTERRUPTED', 'whoever asked for the desktop went away')));
      readQuestion(socket, head, (question) => {
        answer(socket, question, gone).catch((error: unknown) => refuse(socket, errorAnswer(error).status, wordsOf(error)));
      });
      return true;
    },
    async stop() {
      stopping = true;
      for (const gone of running.values()) gone.abort(new VncctlError('DAEMON_FAILED', 'the daemon was stopped meanwhile; what was half-made was undone', { hint: 'try again' }));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, TO_FINISH_MS)));
      await Promise.race([Promise.all(running.keys()), late]);
      clearTimeout(timer);
    },
  };
}

/** Hands over the first line, and reads on: only so is seen that the other side has closed. */
function readQuestion(socket: Duplex, head: Buffer, onQuestion: (question: unknown) => void): void {
  const reader = createLineReader(MOST_BYTES);
  const late = setTimeout(() => socket.destroy(), ASK_WITHIN_MS);
  let isAsked = false;
  const read = (bytes: Buffer): void => {
    if (isAsked) return;
    try {
      const lines = reader.read(bytes);
      if (lines.length === 0) return;
      isAsked = true;
      clearTimeout(late);
      onQuestion(lines[0]);
    } catch {
      socket.destroy();
    }
  };
  socket.once('close', () => clearTimeout(late));
  socket.on('data', read);
  read(head);
}

function refuse(socket: Duplex, status: number, message: string): void {
  if (!socket.writable) return;
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n`);
  sendLine(socket, { error: { message } });
  close(socket);
}

function close(socket: Duplex): void {
  socket.end(() => socket.destroy());
}

// One line on stderr that says what is being done. On a terminal it rewrites itself and shows that time passes; in a pipe each
// new text is a line; silent when asked. The first sign of life comes within 100 ms.
import { rawStream } from './clean-stream.ts';
import { isTerminal, type Streams, widthOf } from './streams.ts';
import { cut, harmless } from './text.ts';

export interface Progress {
  /** What is being done now. */
  update(text: string): void;
  /** Takes the line away. Safe to call twice; later updates show nothing. */
  stop(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const SHOW_SECONDS_AFTER_MS = 3_000;
const CLEAR_LINE = '\r\x1b[2K';

/** Starts the line; `silent` (for --json and --quiet) makes all of it do nothing. */
export function startProgress(io: Streams, { silent }: { silent: boolean }): Progress {
  if (silent) return { update: () => {}, stop: () => {} };
  // A terminal without cursor control gets lines like a pipe.
  return isTerminal(io.stderr) && io.env['TERM'] !== 'dumb' ? startStatusLine(io) : startLog(io);
}

function startStatusLine({ stderr: clean, env }: Streams): Progress {
  const stderr = rawStream(clean);
  const began = performance.now();
  let text = 'working';
  let frame = 0;
  let stopped = false;
  const draw = (): void => {
    const elapsed = performance.now() - began;
    const seconds = elapsed < SHOW_SECONDS_AFTER_MS ? '' : ` (${Math.floor(elapsed / 1000)} s)`;
    const width = widthOf(stderr, env) - 1;
    stderr.write(`${CLEAR_LINE}${FRAMES[frame % FRAMES.length]} ${cut(text, width - 2 - seconds.length)}${seconds}`);
  };
  const timer = setInterval(() => {
    frame++;
    draw();
  }, FRAME_MS);
  timer.unref();
  return {
    update(next) {
      if (stopped) return;
      text = harmless(next);
      draw();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      stderr.write(CLEAR_LINE);
    },
  };
}

function startLog({ stderr }: Streams): Progress {
  let last: string | undefined;
  let stopped = false;
  return {
    update(next) {
      const text = harmless(next);
      if (stopped || text === last) return;
      last = text;
      stderr.write(`${text}\n`);
    },
    stop() {
      stopped = true;
    },
  };
}

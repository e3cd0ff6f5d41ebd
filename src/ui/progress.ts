// Progress on stderr: on a terminal one line that rewrites itself, in a pipe one plain line for each step.
import { type Io, widthOf } from './io.ts';

export interface Progress {
  /** Shows what is going on now. */
  update(text: string): void;
  /** Takes the line away; idempotent. */
  stop(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const SAYS_ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g');

/** Starts showing progress; a silent one shows nothing. On a terminal something stands there at once. */
export function startProgress({ stderr }: Pick<Io, 'stderr'>, { silent }: { silent: boolean }): Progress {
  if (silent) return { update: () => {}, stop: () => {} };
  if (!stderr.isTTY) return plainProgress(stderr);
  let text = 'working';
  let frame = 0;
  const draw = (): void => {
    const mark = FRAMES[frame++ % FRAMES.length] ?? '';
    stderr.write(`\r\u001b[2K${mark} ${text.slice(0, widthOf(stderr) - 3)}`);
  };
  draw();
  const timer = setInterval(draw, FRAME_MS);
  let stopped = false;
  return {
    update(next) {
      text = next.replace(SAYS_ESCAPES, '');
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      stderr.write('\r\u001b[2K');
    },
  };
}

function plainProgress(stderr: NodeJS.WriteStream): Progress {
  let last = '';
  return {
    update(text) {
      if (text !== last) stderr.write(`${text.replace(SAYS_ESCAPES, '')}\n`);
      last = text;
    },
    stop: () => {},
  };
}

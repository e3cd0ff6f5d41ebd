// What the streams of a run are: terminals or pipes, how wide, with colour or without. Everything in ui/ asks here.

/** The streams and surroundings that ui/ writes to and reads from. `color` and `input` are what the flags `--color` and `--no-input` say; absent: nothing was said. */
export interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
  color?: 'auto' | 'always' | 'never' | undefined;
  input?: boolean | undefined;
}

/** Whether a person sits at the other end. */
export function isTerminal(stream: { isTTY?: boolean | undefined }): boolean {
  return stream.isTTY === true;
}

/** Columns of the terminal; 80 where it does not say. */
export function widthOf(stream: { columns?: number | undefined }, env: Streams['env']): number {
  const told = stream.columns ?? Number(env['COLUMNS']);
  return Number.isInteger(told) && told > 0 ? told : 80;
}

/** Whether to colour what goes to `stream`: `--color`, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether it is a terminal. Empty variables count as not set. */
export function wantsColor({ env, color = 'auto' }: Pick<Streams, 'env' | 'color'>, stream: { isTTY?: boolean | undefined }): boolean {
  if (color !== 'auto') return color === 'always';
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  if (env['TERM'] === 'dumb') return false;
  return isTerminal(stream);
}

/** The stream behind one that cleans what is written to it (clean-stream.ts), for a line that rewrites itself and for questions: their writers clean what they did not make up. */
export function rawStream(stream: NodeJS.WriteStream & { raw?: NodeJS.WriteStream }): NodeJS.WriteStream {
  return stream.raw ?? stream;
}

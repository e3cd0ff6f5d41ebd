// The streams and surroundings of one run, and what they can show. Colour never carries meaning alone.

export type ColorChoice = 'auto' | 'always' | 'never';

/** Where a run reads and writes; tests bring their own. */
export interface Io {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  color: ColorChoice;
  /** Whether questions may be asked at all (`--no-input`). */
  input: boolean;
}

/** Whether a stream is written in colour: the choice made by flag or setting, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether it is a terminal. */
export function usesColor(io: Pick<Io, 'env' | 'color'>, stream: { isTTY?: boolean }): boolean {
  if (io.color !== 'auto') return io.color === 'always';
  if (io.env['NO_COLOR']) return false;
  const forced = io.env['FORCE_COLOR'];
  if (forced) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && io.env['TERM'] !== 'dumb';
}

/** Whether a question can be put to a person: it is asked on stderr and answered on stdin, so both have to be terminals. */
export function canAsk({ stdin, stderr, input }: Io): boolean {
  return input && stdin.isTTY === true && stderr.isTTY === true;
}

/** Columns of a terminal; 80 where it does not say. */
export function widthOf(stream: NodeJS.WriteStream): number {
  return stream.columns && stream.columns > 0 ? stream.columns : 80;
}

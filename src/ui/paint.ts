// Colour, for streams that show it. The only importer of chalk, which is loaded when something is really painted.
import { type Io, usesColor } from './io.ts';

export type Paint = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** `text` in a colour where the stream (stdout unless named) shows colour, unchanged otherwise. */
export async function paint(io: Io, colour: Paint, text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
  if (!usesColor(io, io[stream])) return text;
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 })[colour](text);
}

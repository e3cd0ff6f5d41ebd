// Colour. The only importer of chalk, loaded only when something is really coloured.
import { type Streams, wantsColor } from './streams.ts';

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** `text` in a colour where stdout (or the given stream) takes colour, otherwise unchanged. */
export async function paint(io: Streams, colour: Colour, text: string, stream: NodeJS.WriteStream = io.stdout): Promise<string> {
  if (!wantsColor(io, stream)) return text;
  const { Chalk } = await import('chalk');
  // chalk decides by its own rules, which know no NO_COLOR; the decision is made above.
  return new Chalk({ level: 1 })[colour](text);
}

// Carries out tries to leave a kiosk and finds those that lead out. Many tries are judged by one look; where that look finds the page
// gone, the tries are made again on fresh desktops, fewer and fewer at once, until the one is known. How a try is made and the screen
// is judged is behind an interface that trial/ keeps.
import type { EscapeTry } from './escape-table.ts';

/** A kiosk on its page, to be tried. */
export interface TestedKiosk {
  /** Makes one try, with what leads back from it. Resolves with what went wrong, if that can be told already. */
  make(attempt: EscapeTry): Promise<string | undefined>;
  /** Why the kiosk isn't on its page as it was in the beginning; undefined where it is. `careful` gives what opens late more time. */
  trouble(careful: boolean): Promise<string | undefined>;
}

/** One try that led out, or several that did only together. */
export interface Escape {
  name: string;
  why: string;
}

export interface EscapeReport {
  /** How many tries were made. */
  tries: number;
  escapes: readonly Escape[];
  /** What was seen once and not again on a fresh desktop. */
  unconfirmed: readonly Escape[];
  /** Whether so many led out that the others were not made. */
  stoppedEarly: boolean;
}

export interface EscapeSearchOptions {
  signal: AbortSignal;
  /** Told how far it is. */
  onProgress: (done: number, all: number) => void;
  /** Told of each as soon as it is found. */
  onEscape: (escape: Escape) => void;
}

const BATCH = 500;
const MOST_ESCAPES = 20;

/** Makes all tries. `fresh` gives a kiosk that nobody has used, in place of the one before. Throws what `fresh` throws, and the signal's reason. */
export async function findEscapes(tries: readonly EscapeTry[], fresh: () => Promise<TestedKiosk>, { signal, onProgress, onEscape }: EscapeSearchOptions): Promise<EscapeReport> {
  const escapes: Escape[] = [];
  const unconfirmed: Escape[] = [];
  let kiosk = await fresh();
  let done = 0;
  onProgress(0, tries.length);
  for (const batch of batchesOf(tries)) {
    signal.throwIfAborted();
    const why = await judge(kiosk, batch, false, signal);
    done += batch.length;
    if (why !== undefined) {
      const again = await judge(await fresh(), batch, true, signal);
      const found = again === undefined ? [] : await search(batch, again, fresh, signal);
      if (again === undefined) unconfirmed.push({ name: nameOf(batch), why });
      for (const escape of found) onEscape(escape);
      escapes.push(...found);
      if (escapes.length >= MOST_ESCAPES) return { tries: done, escapes, unconfirmed, stoppedEarly: done < tries.length };
      kiosk = await fresh();
    }
    onProgress(done, tries.length);
  }
  const late = await kiosk.trouble(true);
  if (late !== undefined) escapes.push({ name: 'all tries together', why: late });
  return { tries: done, escapes, unconfirmed, stoppedEarly: false };
}

/** The tries of a batch that fail, which failed as a whole because of `why`. */
async function search(batch: readonly EscapeTry[], why: string, fresh: () => Promise<TestedKiosk>, signal: AbortSignal): Promise<Escape[]> {
  const [first] = batch;
  if (!first) return [];
  if (batch.length === 1) return [{ name: first.name, why }];
  const half = Math.ceil(batch.length / 2);
  const found: Escape[] = [];
  for (const part of [batch.slice(0, half), batch.slice(half)]) {
    signal.throwIfAborted();
    const trouble = await judge(await fresh(), part, true, signal);
    if (trouble !== undefined) found.push(...(await search(part, trouble, fresh, signal)));
  }
  return found.length > 0 ? found : [{ name: nameOf(batch), why }];
}

function nameOf(batch: readonly EscapeTry[]): string {
  const [first, last] = [batch[0]?.name ?? '', batch.at(-1)?.name ?? ''];
  return batch.length === 1 ? first : `${first} to ${last}, one after another`;
}

async function judge(kiosk: TestedKiosk, batch: readonly EscapeTry[], careful: boolean, signal: AbortSignal): Promise<string | undefined> {
  for (const attempt of batch) {
    signal.throwIfAborted();
    const why = await kiosk.make(attempt);
    if (why !== undefined) return why;
  }
  return kiosk.trouble(careful);
}

/** In the order of the table; one that has to be judged by itself is a batch of its own. */
function batchesOf(tries: readonly EscapeTry[]): EscapeTry[][] {
  const batches: EscapeTry[][] = [];
  let open: EscapeTry[] | undefined;
  for (const attempt of tries) {
    if (attempt.alone) {
      batches.push([attempt]);
      open = undefined;
    } else if (open && open.length < BATCH) {
      open.push(attempt);
    } else {
      open = [attempt];
      batches.push(open);
    }
  }
  return batches;
}

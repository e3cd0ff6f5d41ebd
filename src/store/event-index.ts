// The journal's events in memory, found by desktop and by client: the files are read once, in pieces between which everything else
// has its turn, and from then on from where reading stopped, since other processes append too. Bounded: the oldest leave.
import { setImmediate } from 'node:timers/promises';
import type { JournalFilter, LifeEvent } from '../core/journal.ts';
import { sharedLook } from '../core/shared-look.ts';
import { parseEvent } from './event-lines.ts';
import { closeAll, type HeldFile, openAll, readPiece } from './held-files.ts';

export interface EventIndex {
  /** What the files hold now, oldest file first, as far as it is no older than `oldestMs`. Throws what opening or reading a file throws. */
  read(filter: JournalFilter, oldestMs: number): Promise<readonly LifeEvent[]>;
}

/** More than both files hold of the shortest lines there are. */
const MOST_EVENTS = 100_000;
const MOST_KNOWN_TEXTS = 10_000;
// A turn-over in the middle of reading is read anew; two in a row are no accident.
const ATTEMPTS = 3;

/** What was read of one file. */
interface Kept {
  readonly file: HeldFile;
  events: LifeEvent[];
  /** Of each, in milliseconds since 1970. */
  times: number[];
  byDesktop: Map<string, number[]>;
  byClient: Map<string, number[]>;
}

/** An index of `files`, the last of which is written to; nothing is read before the first question. */
export function createEventIndex(files: readonly string[], { mostEvents = MOST_EVENTS }: { mostEvents?: number } = {}): EventIndex {
  let kept: Kept[] = [];
  /** All of them in one list, as long as nothing changes. */
  let whole: { events: LifeEvent[]; times: number[]; oldestMs: number } | undefined;
  const texts = new Map<string, string>();
  /** Many events have the same causes and images: one copy serves them all. */
  const same = (text: string): string => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    if (texts.size >= MOST_KNOWN_TEXTS) texts.clear();
    texts.set(text, text);
    return text;
  };

  const add = (to: Kept, line: string): void => {
    const event = parseEvent(line);
    if (!event) return;
    const { cause, image, client } = event;
    event.cause = same(cause);
    if (image !== undefined) event.image = same(image);
    if (client !== undefined) event.client = same(client);
    const place = to.events.push(event) - 1;
    to.times.push(Date.parse(event.at));
    placesOf(to.byDesktop, event.desktop).push(place);
    if (client !== undefined) placesOf(to.byClient, client).push(place);
    // By halves, so that each event is moved once at most.
    if (to.events.length > mostEvents) forgetOldest(to, Math.ceil(mostEvents / 2));
  };

  const readOn = async (from: Kept): Promise<void> => {
    for (let isMore = true; isMore; ) {
      const piece = readPiece(from.file);
      if (piece.isAnew) Object.assign(from, nothing());
      for (const line of piece.lines) add(from, line);
      if (piece.isAnew || piece.lines.length > 0) whole = undefined;
      ({ isMore } = piece);
      if (isMore) await setImmediate();
    }
  };

  const lookOnce = async (): Promise<boolean> => {
    const before = kept;
    const held = openAll(files, before.map(({ file }) => file), false);
    kept = held.map((file) => before.find((known) => known.file === file) ?? { file, ...nothing() });
    if (kept.length !== before.length || kept.some((one, place) => one !== before[place])) whole = undefined;
    closeAll(before.filter((known) => !kept.includes(known)).map(({ file }) => file));
    for (const one of kept) await readOn(one);
    const after = openAll(files, held, false);
    closeAll(after.filter((file) => !held.includes(file)));
    return after.length === held.length && after.every((file, index) => file === held[index]);
  };

  const look = async (): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS && !(await lookOnce()); attempt++);
  };

  const refreshed = sharedLook(look);
  // Many who were waiting for the same look don't go through all events in the same turn.
  let line: Promise<void> = Promise.resolve();
  const ownTurn = (): Promise<void> => (line = line.then(() => setImmediate()));

  const all = (): NonNullable<typeof whole> => {
    if (whole) return whole;
    const times = kept.flatMap((one) => one.times);
    return (whole = { events: kept.flatMap((one) => one.events), times, oldestMs: times.reduce((oldest, time) => Math.min(oldest, time), Number.POSITIVE_INFINITY) });
  };

  return {
    async read({ since, desktop, client }, oldestMs) {
      await refreshed('all files');
      const fromMs = since === undefined ? oldestMs : Math.max(oldestMs, Date.parse(since));
      if (desktop === undefined && client === undefined) {
        await ownTurn();
        const { events, times, oldestMs: firstMs } = all();
        return firstMs >= fromMs ? events : events.filter((_, place) => (times[place] ?? 0) >= fromMs);
      }
      return kept.flatMap(({ events, times, byDesktop, byClient }) => {
        const places = (desktop === undefined ? byClient.get(client ?? '') : byDesktop.get(desktop)) ?? [];
        return places.flatMap((place) => {
          const event = events[place];
          return event && (times[place] ?? 0) >= fromMs && (client === undefined || event.client === client) ? [event] : [];
        });
      });
    },
  };
}

function nothing(): Omit<Kept, 'file'> {
  return { events: [], times: [], byDesktop: new Map(), byClient: new Map() };
}

function forgetOldest(kept: Kept, count: number): void {
  const { events, times } = kept;
  Object.assign(kept, nothing(), { events: events.slice(count), times: times.slice(count) });
  for (const [place, { desktop, client }] of kept.events.entries()) {
    placesOf(kept.byDesktop, desktop).push(place);
    if (client !== undefined) placesOf(kept.byClient, client).push(place);
  }
}

function placesOf(index: Map<string, number[]>, key: string): number[] {
  const known = index.get(key);
  if (known) return known;
  const places: number[] = [];
  index.set(key, places);
  return places;
}

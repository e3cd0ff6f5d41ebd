// What the page knows of the installation, kept as it is now: read once, and again whenever the daemon tells that something
// happened. What nobody tells of (figures, the clocks of desktops) is read every few seconds while the page can be seen.
import { type DesktopFigures, type DesktopRow, type Host, LIFE_EVENTS, type LifeEventRow, type Scope } from './answers.ts';
import { type Api, ApiFailure } from './api.ts';
import type { Following, StreamListener } from './event-stream.ts';
import { addFigures, type History, keepEqual } from './desktops.ts';

/** What is shown. */
export interface Known {
  /** Undefined until it was asked. */
  scope: Scope | undefined;
  signedIn: 'unknown' | 'yes' | 'no';
  live: boolean;
  desktops: readonly DesktopRow[] | undefined;
  figures: ReadonlyMap<string, DesktopFigures>;
  histories: ReadonlyMap<string, History>;
  host: Host | undefined;
  /** The latest first. */
  events: readonly LifeEventRow[] | undefined;
}

export interface Live {
  readonly known: Known;
  start(): void;
  /** Reads the list again, soon. */
  look(): void;
  stop(): void;
}

export interface LiveParts {
  api: Api;
  /** Follows what happens, and comes back by itself. */
  follow(listener: StreamListener): Following;
  isVisible(): boolean;
  onChange(known: Known): void;
}

const SOON_MS = 100;
const FIGURES_MS = 5_000;
const LIST_MS = 15_000;
const FOLLOW_AGAIN_MS = 3_000;
const MOST_EVENTS = 500;

/** Knows nothing yet. */
export function createLive({ api, follow, isVisible, onChange }: LiveParts): Live {
  let known: Known = { scope: undefined, signedIn: 'unknown', live: false, desktops: undefined, figures: new Map(), histories: new Map(), host: undefined, events: undefined };
  let following: Following | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let again = false;
  const timers: ReturnType<typeof setInterval>[] = [];

  const tell = (news: Partial<Known>): void => {
    known = { ...known, ...news };
    onChange(known);
  };
  const stop = (): void => {
    following?.close();
    for (const timer of timers.splice(0)) clearInterval(timer);
    clearTimeout(soon);
    soon = undefined;
  };
  const failed = (error: unknown): void => {
    if (error instanceof ApiFailure && error.status === 401) {
      stop();
      tell({ signedIn: 'no', live: false });
    } else tell({ live: following?.isOpen === true });
  };

  const lookNow = async (): Promise<void> => {
    soon = undefined;
    if (looking) return void (again = true);
    looking = true;
    try {
      const desktops = await api.desktops();
      tell({ desktops: keepEqual(known.desktops ?? [], desktops) });
    } catch (error) {
      failed(error);
    } finally {
      looking = false;
      if (again) look();
      again = false;
    }
  };
  const look = (): void => void (soon ??= setTimeout(() => void lookNow(), SOON_MS));

  const measure = async (): Promise<void> => {
    if (!isVisible()) return;
    try {
      const [figures, host] = await Promise.all([api.figures(), api.host()]);
      const before = [...known.figures.values()];
      tell({ figures: new Map(keepEqual(before, figures).map((entry) => [entry.id, entry])), histories: addFigures(known.histories, figures), host });
    } catch (error) {
      failed(error);
    }
  };

  const told = (name: string, data: string): void => {
    if (LIFE_EVENTS.some((kind) => kind === name)) {
      const event = JSON.parse(data) as LifeEventRow;
      tell({ events: [event, ...(known.events ?? [])].slice(0, MOST_EVENTS) });
      look();
    } else if (name === 'changed') look();
    else if (name === 'operation') {
      const { status, phase } = JSON.parse(data) as { status: string; phase?: object };
      // Not for each line of a build.
      if (phase || status !== 'running') look();
    }
  };

  const listen = (): void => {
    following = follow({
      opened() {
        tell({ live: true });
        look();
      },
      lost(refused) {
        tell({ live: false });
        // The daemon may be starting, or the sign-in be over, which the next answer tells.
        if (refused) void lookNow();
      },
      told,
    });
  };

  return {
    get known() {
      return known;
    },
    start() {
      void (async () => {
        try {
          const { scope } = await api.me();
          tell({ scope, signedIn: 'yes' });
        } catch (error) {
          failed(error);
          if (known.signedIn !== 'no') timers.push(setTimeout(() => this.start(), FOLLOW_AGAIN_MS));
          return;
        }
        await Promise.all([lookNow(), measure()]);
        listen();
        timers.push(setInterval(() => void measure(), FIGURES_MS), setInterval(() => isVisible() && look(), LIST_MS));
        const events = await api.pastEvents().catch(() => undefined);
        // What came meanwhile is among them.
        if (events) tell({ events: events.reverse().slice(0, MOST_EVENTS) });
      })();
    },
    look,
    stop,
  };
}

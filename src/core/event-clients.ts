// Whose desktop an event of the journal tells of, as far as the desktops that are there now tell it. Reading the journal must
// not hang on the engine: without one, clients stay unnamed and a warning says why.
import { type ClientId, maskClientId } from './client-id.ts';
import type { InstanceJournal, LifeEvent } from './journal.ts';
import { listDesktops } from './list.ts';
import type { Desktops } from './desktops.ts';

export interface ClientNames {
  /** The client of a hash; undefined when nobody knows. */
  of(hash: string): ClientId | undefined;
  /** Lists the desktops, and learns whose they are. */
  look(): Promise<void>;
  /** Looks again for an event of a client that nobody knew, once for each desktop. */
  lookFor(event: LifeEvent): Promise<void>;
}

const LOOK_DEADLINE_MS = 2_000;
const MOST_LOOKED_FOR = 10_000;

export interface ClientNamesOptions {
  desktops: () => Promise<Desktops>;
  journal: InstanceJournal;
  /** The only one that is asked for. */
  asked?: ClientId | undefined;
  signal: AbortSignal;
  /** Gets one line when nobody can be asked. */
  warn: (message: string) => void;
}

/** Knows nobody but the one that was asked for until it has looked. */
export function findClientNames({ desktops, journal, asked, signal, warn }: ClientNamesOptions): ClientNames {
  const names = new Map(asked === undefined ? [] : [[journal.hashOf(asked), asked] as const]);
  const lookedFor = new Set<string>();
  let reachable = true;

  const lookOnce = async (): Promise<void> => {
    try {
      for (const { client } of await listDesktops(await desktops(), { signal, deadlineMs: LOOK_DEADLINE_MS })) {
        if (client !== undefined) names.set(journal.hashOf(client), client);
      }
    } catch (error) {
      reachable = false;
      if (!signal.aborted) warn(`whose desktops these are can't be told: ${(error as Error).message}`);
    }
  };

  // Those who ask while the desktops are being listed share what is found.
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    // The one that was asked for is all there is to know.
    if (asked !== undefined || !reachable) return;
    await (looking ??= lookOnce().finally(() => (looking = undefined)));
  };

  return {
    of: (hash) => names.get(hash),
    look,
    async lookFor({ client, desktop }) {
      if (client === undefined || names.has(client) || lookedFor.has(desktop)) return;
      if (lookedFor.size >= MOST_LOOKED_FOR) lookedFor.clear();
      lookedFor.add(desktop);
      await look();
    },
  };
}

/** One event as the command line and the API show it; null where something is unknown or absent. */
export interface EventRow {
  at: string;
  event: string;
  desktop: string;
  client: string | null;
  cause: string;
  image: string | null;
  removeAt: string | null;
  clientHash: string | null;
}

/** A row, with the client's id as far as it is known. */
export function eventRow({ at, event, desktop, cause, image, client: hash, removeAt }: LifeEvent, names: Pick<ClientNames, 'of'>, mask: boolean): EventRow {
  const client = hash === undefined ? undefined : names.of(hash);
  return { at, event, desktop, client: client === undefined ? null : mask ? maskClientId(client) : client, cause, image: image ?? null, removeAt: removeAt ?? null, clientHash: hash ?? null };
}

// Whose desktop an event of the journal tells of, as far as the desktops that are there now tell it. Reading the journal must
// not hang on the engine: without one, clients stay unnamed and a line on stderr says why.
import type { ClientId } from '../core/client-id.ts';
import type { InstanceJournal, LifeEvent } from '../core/journal.ts';
import { listDesktops } from '../core/list.ts';
import type { CommandContext } from './context.ts';

export interface ClientNames {
  /** The client of a hash; undefined when nobody knows. */
  of(hash: string): ClientId | undefined;
  /** Lists the desktops, and learns whose they are. */
  look(): Promise<void>;
  /** Looks again for an event of a client that nobody knew, once for each desktop. */
  lookFor(event: LifeEvent): Promise<void>;
}

const LOOK_DEADLINE_MS = 2_000;

/** Knows nobody but the one that was asked for until it has looked. */
export function findClientNames(context: CommandContext, journal: InstanceJournal, asked: ClientId | undefined): ClientNames {
  const names = new Map(asked === undefined ? [] : [[journal.hashOf(asked), asked] as const]);
  const lookedFor = new Set<string>();
  let reachable = true;

  const look = async (): Promise<void> => {
    // The one that was asked for is all there is to know.
    if (asked !== undefined || !reachable) return;
    try {
      for (const { client } of await listDesktops(await context.app().desktops(), { signal: context.signal, deadlineMs: LOOK_DEADLINE_MS })) {
        if (client !== undefined) names.set(journal.hashOf(client), client);
      }
    } catch (error) {
      reachable = false;
      if (!context.signal.aborted) context.io.stderr.write(`warning: whose desktops these are can't be told: ${(error as Error).message}\n`);
    }
  };

  return {
    of: (hash) => names.get(hash),
    look,
    async lookFor({ client, desktop }) {
      if (client === undefined || names.has(client) || lookedFor.has(desktop)) return;
      lookedFor.add(desktop);
      await look();
    },
  };
}

// Follows the engine's events as long as the daemon runs: reconnects with growing waits, and asks for a full look after each
// connection, since nobody knows what happened before it.
import type { Clock } from '../core/clock.ts';
import type { Desktops } from '../core/desktops.ts';
import type { ContainerEvent } from '../core/engine.ts';
import { ownershipLabels } from '../core/labels.ts';
import type { Log } from '../core/log.ts';
import { wordsOf } from './words-of.ts';

export interface FollowParts {
  desktops: () => Promise<Desktops>;
  clock: Clock;
  log: Log;
  onEvent: (event: ContainerEvent, desktops: Desktops) => Promise<void>;
  /** The engine listens from now on. */
  onOpen: () => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Resolves once the signal aborts; never rejects. */
export async function followEngine({ desktops: getDesktops, clock, log, onEvent, onOpen }: FollowParts, signal: AbortSignal): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    let connected = false;
    try {
      const desktops = await getDesktops();
      const events = desktops.engine.containers.events(
        { labels: ownershipLabels(desktops.installation.instance) },
        {
          signal,
          onOpen: () => {
            connected = true;
            waitMs = FIRST_WAIT_MS;
            onOpen();
          },
        },
      );
      for await (const event of events) await onEvent(event, desktops);
    } catch (error) {
      if (signal.aborted) return;
      if (connected) log.write('warning', "the engine's events were lost, connecting again", { reason: wordsOf(error) });
    }
    await clock.sleep(waitMs, signal).catch(() => {});
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }
}

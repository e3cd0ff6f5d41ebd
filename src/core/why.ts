// Why a desktop is here and when it goes, as `why` and the API tell it; of one that is gone, why it went.
import { type ClientId, formatClientId } from './client-id.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import { explain, type Explanation } from './explain.ts';
import type { ActivitySource } from './activity.ts';
import type { InstanceJournal } from './journal.ts';
import type { ClockState } from './lease-state.ts';
import { getDesktop } from './list.ts';
import { lookAt } from './look.ts';
import { isVncctlError, VncctlError } from '../errors.ts';

export interface WhyParts {
  desktops: Desktops;
  activity: ActivitySource;
  journal: InstanceJournal;
  /** How long ago a moment was, in words. */
  ago: (time: string) => string;
}

/** Explains the client's desktop by a look taken now. DESKTOP_NOT_FOUND when there is none, with what became of the last one. */
export async function explainNow(parts: WhyParts, client: ClientId, signal: AbortSignal): Promise<Explanation> {
  const desktop = await getDesktop(parts.desktops, client, { signal }).catch(async (error: unknown) => {
    throw isVncctlError(error, 'DESKTOP_NOT_FOUND') ? await goneError(parts, error, client) : error;
  });
  return explainDesktop(parts, desktop, signal);
}

/** Explains a desktop by a look taken now. */
export async function explainDesktop({ desktops, activity }: Pick<WhyParts, 'desktops' | 'activity'>, desktop: Desktop, signal: AbortSignal): Promise<Explanation> {
  const looked = await lookAt(desktops, [desktop], activity, signal);
  return explain(desktops, desktop, await desktops.store.read(), looked.get(desktop.id));
}

/** The failure, with what the journal tells of the last one. */
async function goneError({ journal, ago }: WhyParts, error: VncctlError, client: ClientId): Promise<VncctlError> {
  const events = await journal.read({ client: journal.hashOf(client) });
  const last = events.findLast(({ event }) => event === 'removed');
  if (!last) return error;
  return new VncctlError('DESKTOP_NOT_FOUND', `${formatClientId(client)} has no desktop; the last one was removed ${ago(last.at)}: ${last.cause}`, {
    hint: `all that happened: vncctl events ${formatClientId(client)}   (a new one: vncctl up ${formatClientId(client)})`,
  });
}

/** An explanation in JSON: null where something is unknown or absent; times are ISO-8601 UTC, lengths milliseconds. */
export function explanationFacts({ desktop, facts, state, watch }: Explanation) {
  const length = (clock: ClockState): number | null => (clock.length === 'never' ? null : clock.length);
  return {
    client: desktop.client ?? null,
    id: desktop.id,
    status: desktop.status,
    viewers: facts.viewers.known ? facts.viewers.count : null,
    viewersUnknown: facts.viewers.known ? null : facts.viewers.why,
    watched: watch.watched,
    lastLookAt: watch.lastLookAt ?? null,
    keptUntil: facts.keptUntil ?? null,
    clocks: state.clocks.map((clock) => ({
      clock: clock.clock,
      action: clock.action,
      lengthMs: length(clock),
      from: clock.from,
      state: clock.state,
      reason: clock.reason ?? null,
      since: clock.since ?? null,
      movedBy: clock.movedBy ?? null,
      dueAt: clock.dueAt ?? null,
    })),
    next: state.next ?? null,
    removal: state.removal ?? null,
  };
}

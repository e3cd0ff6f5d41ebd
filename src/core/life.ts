// From what the engine tells and what looks find to the events of desktops' lives, each told once, whichever of the two sees it
// first. Keeps what is known of each desktop; a cause is known where it was announced here or written into the store's mark.
import { type Desktop, wasAskedToEnd } from './desktop.ts';
import type { ContainerEvent } from './engine.ts';
import type { LifeEvent, LifeEventKind } from './journal.ts';
import { isAsideName } from './identity.ts';
import { decodeLabels } from './labels.ts';
import { clientOf, isNobodys, type NameView } from './owner.ts';
import type { ReapStep } from './reap-plan.ts';
import type { ReapOutcome } from './reap-steps.ts';
import type { DesktopId, StoreState } from './store.ts';

interface Known {
  life: 'created' | 'running' | 'paused' | 'ended' | 'lost';
  /** Of its container. */
  name: string;
  image: string;
  client: string | undefined;
  ready: boolean;
  /** Why it is being removed, as the store said while it still had a record. */
  leaving?: string | undefined;
}

export interface LifeOptions {
  /** How names are read now: settings may have been read anew. */
  names: () => NameView;
  /** The keyed hash that stands for a desktop's client; undefined where nobody knows whose it is. */
  clientHash: (desktop: Pick<Desktop, 'client'>) => string | undefined;
}

export interface LifeTracker {
  /** A step that is about to be carried out: what follows from it has its cause. */
  intend(step: ReapStep): void;
  /** What became of it; tells what no event of the engine has told before. */
  settle(outcome: ReapOutcome, now: Date): LifeEvent[];
  /** What an engine's event tells that is new. */
  apply(event: ContainerEvent, state: StoreState): LifeEvent[];
  /** A look begins: what events and outcomes tell from now on is newer than what it will find. */
  lookBegins(): void;
  /** What a look finds that no event has told. The first look tells nothing: those desktops were there before. */
  reconcile(desktops: readonly Desktop[], state: StoreState, now: Date): LifeEvent[];
}

const BY_OTHER_MEANS = 'by other means than vncctl';
const ASKED_FOR = 'somebody asked for it';
const FROM_POOL = 'taken from the pool';

/** A tracker that knows of nobody yet. */
export function createLifeTracker({ names, clientHash }: LifeOptions): LifeTracker {
  const known = new Map<DesktopId, Known>();
  const intentions = new Map<DesktopId, ReapStep>();
  /** Whose removal was told: true until the look after the next, since late events name them still. */
  const gone = new Map<DesktopId, boolean>();
  /** What is known of their lives is newer than the look that was begun last. */
  const newer = new Set<DesktopId>();
  let looked = false;

  const lifeEvent = (at: string, event: LifeEventKind, desktop: DesktopId, { image, client }: Pick<Known, 'image' | 'client'>, cause: string): LifeEvent => ({
    at,
    event,
    desktop,
    cause,
    image,
    ...(client === undefined ? {} : { client }),
  });
  /** The cause that was announced for this kind of thing; it is used up. */
  const intended = (id: DesktopId, what: ReapStep['do']): string | undefined => {
    const step = intentions.get(id);
    if (step?.do !== what) return undefined;
    intentions.delete(id);
    return step.cause;
  };
  const isTold = (id: DesktopId): boolean => {
    const told = gone.has(id);
    gone.set(id, true);
    return told;
  };
  const know = (id: DesktopId, is: Known): void => {
    known.set(id, is);
    newer.add(id);
  };
  const firstSight = (desktop: Desktop): Known => ({ life: 'running', name: desktop.container?.name ?? '', image: desktop.image, client: clientHash(desktop), ready: isReady(desktop, undefined) });
  const isGoing = (id: DesktopId, state: StoreState): boolean => intentions.get(id)?.do === 'remove' || state.allocations[id]?.removing !== undefined;
  const pauseCause = (id: DesktopId, state: StoreState): string => intended(id, 'pause') ?? state.allocations[id]?.pauseCause ?? BY_OTHER_MEANS;
  const removalCause = (id: DesktopId, was: Known | undefined, state: StoreState): string =>
    intended(id, 'remove') ?? state.allocations[id]?.removing?.cause ?? was?.leaving ?? `its container was removed ${BY_OTHER_MEANS}`;

  /** What an end was, unless it is only the beginning of a removal. */
  const endOf = (at: string, id: DesktopId, is: Known, state: StoreState, exitCode: number | undefined): LifeEvent[] => {
    if (isGoing(id, state)) return [];
    return [lifeEvent(at, wasAskedToEnd(exitCode) ? 'stopped' : 'died', id, is, `it ended with exit code ${exitCode ?? 'unknown'}`)];
  };

  return {
    lookBegins: () => newer.clear(),

    intend: (step) => void intentions.set(step.desktop.id, step),

    settle({ step, result }, now) {
      const { desktop, cause, removeAt } = step;
      const { id } = desktop;
      if (intentions.get(id) === step) intentions.delete(id);
      if (result !== 'done') return [];
      const was = known.get(id);
      const is: Known = was ?? firstSight(desktop);
      const tell = (event: LifeEventKind): LifeEvent[] => [lifeEvent(now.toISOString(), event, id, is, cause)];
      switch (step.do) {
        case 'warn':
          return tell('warned').map((event) => ({ ...event, ...(removeAt === undefined ? {} : { removeAt }) }));
        case 'keep':
          return tell('kept');
        case 'pause':
        case 'wake': {
          const life = step.do === 'pause' ? 'paused' : 'running';
          know(id, { ...is, life });
          return was?.life === life ? [] : tell(step.do === 'pause' ? 'paused' : 'woken');
        }
        case 'remove':
          known.delete(id);
          // What is lost was told when it went.
          return isTold(id) || was?.life === 'lost' ? [] : tell('removed');
        default:
          return step.do satisfies never;
      }
    },

    apply({ kind, id: container, name, labels, at, exitCode }, state) {
      const view = names();
      const decoded = decodeLabels(labels, view.instance);
      // Told late, after the end of it was; or of one that is nobody's yet.
      if (!decoded || gone.has(decoded.desktopId) || isNobodys(decoded, name)) return [];
      const { desktopId: id, imageKey, poolKey, replaces } = decoded;
      const client = clientOf(decoded, name, state.allocations[id], view);
      const before = known.get(id);
      const is: Known = before ?? { life: 'created', name, image: imageKey, client: client && clientHash({ client }), ready: false };
      const now = (change: Partial<Known>): void => know(id, { ...is, ...change });
      switch (kind) {
        case 'created':
          if (before) return [];
          now({ life: 'created' });
          return [lifeEvent(at, 'created', id, is, ASKED_FOR)];
        case 'started': {
          // A look may have seen it run, and ready, before this was told.
          now({ life: 'running', ready: before?.life === 'running' && before.ready, leaving: undefined });
          if (!before) return [lifeEvent(at, 'created', id, is, ASKED_FOR)];
          return before.life === 'ended' ? [lifeEvent(at, 'started', id, is, 'it had ended')] : [];
        }
        case 'paused':
          now({ life: 'paused' });
          return before?.life === 'paused' ? [] : [lifeEvent(at, 'paused', id, is, pauseCause(id, state))];
        case 'unpaused':
          now({ life: 'running' });
          // A paused one is woken to be asked to end.
          return before?.life === 'running' || isGoing(id, state) ? [] : [lifeEvent(at, 'woken', id, is, intended(id, 'wake') ?? ASKED_FOR)];
        case 'died':
          now({ life: 'ended', ready: false, leaving: state.allocations[id]?.removing?.cause });
          return before?.life === 'ended' ? [] : endOf(at, id, is, state, exitCode);
        case 'renamed':
          if (!before && poolKey !== undefined) {
            // It is woken with that: one thing to tell.
            now({ life: 'running' });
            return [lifeEvent(at, 'created', id, is, FROM_POOL)];
          }
          if (!before && replaces !== undefined) {
            // It was made under another name, where the old one still had this one.
            now({ life: 'running' });
            return [lifeEvent(at, 'created', id, is, ASKED_FOR)];
          }
          // Its successor takes its name: its removal is told.
          if (isAsideName(name, container)) return [];
          now({ name });
          return before && before.name !== name ? [lifeEvent(at, 'renamed', id, is, `its container was renamed ${BY_OTHER_MEANS}`)] : [];
        case 'removed':
          known.delete(id);
          return isTold(id) || before?.life === 'lost' ? [] : [lifeEvent(at, 'removed', id, is, removalCause(id, is, state))];
        default:
          return kind satisfies never;
      }
    },

    reconcile(desktops, state, now) {
      const at = now.toISOString();
      const events: LifeEvent[] = [];
      for (const [id, fresh] of gone) {
        if (fresh) gone.set(id, false);
        else gone.delete(id);
      }
      const present = new Set(desktops.map(({ id }) => id));
      for (const [id, was] of known) {
        if (present.has(id) || newer.has(id)) continue;
        known.delete(id);
        if (was.life !== 'lost' && !isTold(id)) events.push(lifeEvent(at, 'removed', id, was, removalCause(id, was, state)));
      }
      for (const desktop of desktops) {
        // The look was taken before it went, or before what is known of it.
        if ((gone.has(desktop.id) && desktop.container) || newer.has(desktop.id)) continue;
        const was = known.get(desktop.id);
        const is: Known = {
          life: lifeOf(desktop, was),
          name: desktop.container?.name ?? was?.name ?? '',
          image: desktop.image,
          client: clientHash(desktop) ?? was?.client,
          ready: isReady(desktop, was),
          leaving: state.allocations[desktop.id]?.removing?.cause,
        };
        known.set(desktop.id, is);
        if (looked) events.push(...differences(desktop, was, is, state, at));
      }
      looked = true;
      return events;
    },
  };

  function differences({ id, exitCode, pooled }: Desktop, was: Known | undefined, is: Known, state: StoreState, at: string): LifeEvent[] {
    const events: LifeEvent[] = [];
    const tell = (event: LifeEventKind, cause: string): void => void events.push(lifeEvent(at, event, id, is, cause));
    if (!was && is.life !== 'lost') tell('created', pooled ? FROM_POOL : ASKED_FOR);
    if (is.life === 'lost' && was && was.life !== 'lost' && !isTold(id)) tell('removed', removalCause(id, was, state));
    if (was && is.name !== was.name && is.life !== 'lost') tell('renamed', `its container was renamed ${BY_OTHER_MEANS}`);
    if (is.life === 'ended' && was && was.life !== 'ended') events.push(...endOf(at, id, is, state, exitCode));
    if (is.life === 'running' && was?.life === 'ended') tell('started', 'it had ended');
    if (is.life === 'paused' && was?.life !== 'paused') tell('paused', pauseCause(id, state));
    if (is.life === 'running' && was?.life === 'paused') tell('woken', intended(id, 'wake') ?? ASKED_FOR);
    if (is.ready && !was?.ready) tell('ready', 'it has come up');
    return events;
  }
}

/** Whether it has been ready since its start; a paused one that was never seen before had been. */
function isReady({ status }: Desktop, was: Known | undefined): boolean {
  return status === 'ready' || (status !== 'stopped' && status !== 'starting' && (was?.ready ?? status === 'paused'));
}

function lifeOf({ status, container, pooled }: Desktop, was: Known | undefined): Known['life'] {
  switch (status) {
    case 'lost':
      return 'lost';
    case 'paused':
      // Just taken from the pool, where it waited paused: it is being woken.
      return pooled && !was ? 'running' : 'paused';
    case 'stopped':
      // Created, and never started.
      return was?.life === 'created' ? 'created' : 'ended';
    case 'failed':
      return container?.running ? 'running' : 'ended';
    case 'starting':
    case 'ready':
      return container?.running || was === undefined ? 'running' : was.life;
    case 'exiting':
      return was?.life ?? 'running';
    default:
      return status satisfies never;
  }
}

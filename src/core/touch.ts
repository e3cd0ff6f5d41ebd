// `touch` and every other use of a desktop that goes through no viewer: written down at once, since clocks count from it.
import { VncctlError } from '../errors.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import type { Desktop } from './desktop.ts';
import { type Desktops, probeTarget } from './desktops.ts';
import { formatDuration } from './duration.ts';
import type { ContainerDetails } from './engine.ts';
import { switchSecondsOf } from './lease-of.ts';
import { getDesktop } from './list.ts';
import type { Allocation } from './store.ts';

/** What a touched desktop's clocks count from now. Times are ISO-8601 UTC. */
export interface Touched {
  desktop: Desktop;
  touchedAt: string;
  /** No clock but max-age takes it before this moment; absent when nothing keeps it. */
  keptUntil?: string;
  /** Set when its own end could not be put off: seconds after its last viewer left, or its start, it ends all the same. */
  endsAfterSeconds?: number;
}

/** What was touched, as the command line and the API tell it. */
export function touchedFacts({ desktop, touchedAt, keptUntil }: Touched) {
  return { id: desktop.id, client: desktop.client ?? null, lastUsedAt: desktop.lastUsedAt ?? null, touchedAt, keptUntil: keptUntil ?? null };
}

const PUT_OFF_LIMIT_MS = 2_000;

/** Marks the client's desktop as used now and returns it; its ttl is not moved. DESKTOP_NOT_FOUND when there is none. */
export async function useDesktop(desktops: Desktops, client: ClientId): Promise<Desktop> {
  const desktop = await getDesktop(desktops, client);
  const lastUsedAt = desktops.clock.now().toISOString();
  await note(desktops, client, desktop, { lastUsedAt });
  return { ...desktop, lastUsedAt };
}

/** The same, and its ttl counts from now; with `keptUntil` it is kept until then. DESKTOP_NOT_FOUND when there is none; USAGE when it can't be kept that long, or that moment is past. */
export async function touchDesktop(desktops: Desktops, client: ClientId, keptUntil?: Date): Promise<Touched> {
  const desktop = await getDesktop(desktops, client);
  const now = desktops.clock.now();
  const container = desktop.container && (await desktops.engine.containers.find(desktop.container.id));
  const switchSeconds = container && switchSecondsOf(desktops, desktop.image, container);
  if (keptUntil) checkMoment(client, { now, keptUntil, switchSeconds });
  const touchedAt = now.toISOString();
  const allocation = await note(desktops, client, desktop, { lastUsedAt: touchedAt, touchedAt, ...(keptUntil ? { keptUntil: keptUntil.toISOString() } : {}) });
  const isKept = allocation.keptUntil !== undefined && Date.parse(allocation.keptUntil) > now.getTime();
  // After the writing: a screen that does not answer must not hold that up.
  const isPutOff = !container || switchSeconds === undefined || (await putOffSwitch(desktops, desktop, container));
  return {
    desktop: { ...desktop, lastUsedAt: touchedAt },
    touchedAt,
    ...(isKept && allocation.keptUntil ? { keptUntil: allocation.keptUntil } : {}),
    ...(isPutOff ? {} : { endsAfterSeconds: switchSeconds }),
  };
}

function checkMoment(client: ClientId, { now, keptUntil, switchSeconds }: { now: Date; keptUntil: Date; switchSeconds: number | undefined }): void {
  const keepMs = keptUntil.getTime() - now.getTime();
  if (keepMs <= 0) throw new VncctlError('USAGE', `${keptUntil.toISOString()} is past`, { hint: 'name a moment that is to come, like --until 18:00 or --for 2h' });
  if (switchSeconds === undefined || keepMs <= switchSeconds * 1000) return;
  const title = formatClientId(client);
  const longest = formatDuration(switchSeconds * 1000);
  throw new VncctlError('USAGE', `the desktop of ${title} ends by itself after ${longest} without a viewer, so it can't be kept for ${formatDuration(Math.ceil(keepMs / 1000) * 1000)}`, {
    hint: `the longest possible: vncctl touch ${title} --for ${longest}   (or make it anew with a longer lease: vncctl up ${title} --remove-after never --recreate)`,
  });
}

// The screen counts from the last connection that ended, a look from here included. Returns whether it counts from now: one that
// is not running does when it is started.
async function putOffSwitch(desktops: Desktops, desktop: Desktop, container: ContainerDetails): Promise<boolean> {
  const { clock, probe } = desktops;
  if (container.state !== 'running') return container.state !== 'paused';
  const target = probeTarget(desktops, desktop.image, container);
  if (!target) return false;
  const limit = new AbortController();
  const done = new AbortController();
  clock.sleep(PUT_OFF_LIMIT_MS, done.signal).then(
    () => limit.abort(),
    () => {},
  );
  try {
    await probe.waitFor('rfb', target, { signal: limit.signal });
    return true;
  } catch {
    return false;
  } finally {
    done.abort();
  }
}

function note({ store, engine }: Desktops, client: ClientId, desktop: Desktop, use: Partial<Allocation>): Promise<Allocation> {
  return store.update((state) => {
    const allocation: Allocation = {
      desktopId: desktop.id,
      client,
      endpoint: engine.endpoint,
      image: desktop.image,
      createdAt: desktop.createdAt,
      ...state.allocations[desktop.id],
      ...use,
    };
    return { state: { ...state, allocations: { ...state.allocations, [desktop.id]: allocation } }, result: allocation };
  });
}

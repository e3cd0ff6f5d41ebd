// The part of the composition root that watches: one sweep, or the daemon with its log, journal, hooks, door and lock.
import type { App, AppParts } from './app.ts';
import type { Io } from './commands/context.ts';
import type { ActivitySource } from './core/activity.ts';
import type { ClientId } from './core/client-id.ts';
import { clientHash } from './core/identity.ts';
import type { Journal, LifeEvent } from './core/journal.ts';
import { createLifeTracker, type LifeTracker } from './core/life.ts';
import { createReaper, type Sweep, type SweepOptions } from './core/reap.ts';
import { hostBootClock } from './engine/host-boot.ts';
import { daemonFileOf, findDaemon } from './store/daemon-lock.ts';
import { getInstanceKey } from './store/instance-key.ts';
import { instanceKeyFileOf } from './store/paths.ts';

/** What watching is put together from. */
export interface WatchingInput {
  app: App;
  parts: Partial<AppParts>;
}

/** How the client of a desktop appears in the journal. */
export async function clientHasher({ settings, paths }: App): Promise<(client: ClientId) => string> {
  const key = await getInstanceKey(instanceKeyFileOf(paths, settings.instance));
  return (client) => clientHash(client, key);
}

/** One sweep by this process. What it does is kept in the journal, unless a daemon that runs does so. */
export async function sweepOnce({ app, parts }: WatchingInput, options: Pick<SweepOptions, 'signal' | 'dryRun'>): Promise<Sweep> {
  const activity = await app.activity();
  const life = await lifeTracker(app);
  const reaper = createReaper({ desktops: () => app.desktops(), activity, boot: parts.boot ?? hostBootClock() });
  const events: LifeEvent[] = [];
  const sweep = await reaper.sweep({ ...options, onOutcome: (outcome) => void events.push(...life.settle(outcome, app.clock.now())) });
  if (options.dryRun) return sweep;
  await reaper.flush();
  const daemon = await findDaemon(daemonFileOf(app.paths, app.settings.instance));
  if (!daemon) await (await app.journal()).append(events);
  return sweep;
}

export async function lifeTracker(app: App): Promise<LifeTracker> {
  const hash = await clientHasher(app);
  return createLifeTracker({ instance: app.settings.instance, clientHash: ({ client }) => client && hash(client) });
}

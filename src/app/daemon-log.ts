// What the daemon says: the log it writes to, and how the events of a desktop's life are told there, in the journal and to the hook.
import { fstatSync } from 'node:fs';
import type { Io } from '../commands/context.ts';
import type { Clock } from '../core/clock.ts';
import type { InstanceJournal, LifeEvent } from '../core/journal.ts';
import type { Log } from '../core/log.ts';
import type { Hooks } from '../daemon/hooks.ts';
import { createLog, isJournalStream, logShapeOf } from '../daemon/log.ts';
import type { Settings } from '../settings.ts';

/** Who hears of a desktop's life. The hooks are asked for each time: new settings bring others. */
export interface Listeners {
  log: Log;
  journal: InstanceJournal;
  hooks: () => Hooks;
}

/** The log on stderr, in the form that suits where it goes. */
export function logOn({ stderr, env }: Io, format: Settings['logFormat'], clock: Clock): Log {
  const journald = isJournalStream(env, fileOf(stderr));
  return createLog({ stream: stderr, shape: logShapeOf(format === 'json' ? 'json' : 'text', { terminal: stderr.isTTY === true, journald }), now: () => clock.now() });
}

function fileOf(stream: object): { dev: number; ino: number } | undefined {
  const { fd } = stream as { fd?: unknown };
  try {
    return typeof fd === 'number' ? fstatSync(fd) : undefined;
  } catch {
    return undefined;
  }
}

/** Tells all events to all listeners, each in their order; resolves once they are in the journal. */
export async function tellAll(events: readonly LifeEvent[], { log, journal, hooks }: Listeners): Promise<void> {
  for (const event of events) {
    const { desktop, cause, image, removeAt } = event;
    log.write(event.event === 'died' ? 'warning' : 'info', SENTENCES[event.event], { event: event.event, desktop, cause, image, removeAt });
    hooks().tell(event);
  }
  if (events.length > 0) await journal.append(events);
}

const SENTENCES: Readonly<Record<LifeEvent['event'], string>> = {
  created: 'created a desktop',
  ready: 'a desktop can be seen',
  warned: 'a desktop will be removed soon',
  kept: 'a desktop will not be removed after all',
  paused: 'paused a desktop',
  woken: 'woke a desktop',
  stopped: 'a desktop ended',
  died: 'a desktop died',
  started: 'started a desktop again',
  renamed: 'a desktop was renamed',
  removed: 'removed a desktop',
};

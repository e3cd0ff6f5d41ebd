// Who looks at desktops that are reached directly, told by their TCP connections. Three ways, the cheap one first and each where
// the one before can't tell: this host's table of tracked connections (one read for all), the container's own socket table
// (a read each), the same asked by a program run inside it (any engine, 50 ms each).
import { readFile } from 'node:fs/promises';
import { type Activity, type ActivitySource, type ActivitySubject, INPUT_NEEDS_GATEWAY } from '../../core/activity.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { ContainerId, Engine } from '../../core/engine.ts';
import type { DesktopId } from '../../core/store.ts';
import { type Canary, createLoopbackCanary } from './canary.ts';
import { SILENT_AFTER_SECONDS } from './conntrack.ts';
import { viewersIn } from './socket-table.ts';
import { lookAtTracked, type ReadText } from './tracked.ts';

export interface DirectPresenceParts {
  engine: Pick<Engine, 'containers' | 'capabilities'>;
  readText?: ReadText;
  canary?: Canary;
  clock?: Pick<Clock, 'monotonicMs'>;
  silentAfterSeconds?: number;
}

const LOOK_DEADLINE_MS = 20_000;
const READING_DEADLINE_MS = 5000;
const READINGS_AT_ONCE = 4;

/**
 * A connection to one of the ports is a viewer, whatever it is used for: the idle ones that a browser keeps after it loaded the
 * page (up to five minutes) count too. `deadlineMs` of a look bounds all of it, 20 s unless given: who wasn't reached by then is
 * unknown.
 */
export function createDirectPresence({ engine, readText = readFileText, canary = createLoopbackCanary(), clock = systemClock, silentAfterSeconds = SILENT_AFTER_SECONDS }: DirectPresenceParts): ActivitySource {
  const pids = new Map<ContainerId, number>();

  const track = async (subjects: readonly ActivitySubject[], signal: AbortSignal | undefined): Promise<{ counts: Map<DesktopId, number>; why: string }> => {
    const places = subjects.flatMap(({ id, address, ports }) => (address === undefined ? [] : [{ id, address, ports }]));
    if (places.length === 0) return { counts: new Map(), why: 'no address on a network of this host' };
    try {
      const found = await lookAtTracked(places, { readText, canary, silentAfterSeconds, signal });
      return { counts: new Map([...found].map(([{ id }, count]) => [id, count])), why: 'the connection table of this host does not show all of its network' };
    } catch (error) {
      return { counts: new Map(), why: `the connection table of this host can't be used: ${wordsOf(error)}` };
    }
  };

  const tablesOf = async (container: ContainerId, pid: number, signal: AbortSignal | undefined): Promise<string> => {
    const read = (name: string): Promise<string> => readText(`/proc/${pid}/${name}`, signal);
    const tables = await Promise.all([read('net/tcp'), read('net/tcp6').catch(emptyIfMissing)]);
    // The number may be another process's by now, or never have been this host's (an engine in a virtual machine).
    if (!(await read('cgroup')).includes(container)) throw new Error(`process ${pid} is not the container's`);
    return tables.join('');
  };

  const readOwnTable = async (container: ContainerId, signal: AbortSignal | undefined, deadlineMs: number): Promise<string> => {
    if (!engine.capabilities.local) throw new Error('it runs on another machine');
    const known = pids.get(container);
    if (known !== undefined) {
      try {
        return await tablesOf(container, known, signal);
      } catch {
        // Started again meanwhile, perhaps.
      }
    }
    const pid = (await engine.containers.find(container, { signal, deadlineMs }))?.pid;
    if (pid === undefined) throw new Error('it does not run');
    const tables = await tablesOf(container, pid, signal);
    pids.set(container, pid);
    return tables;
  };

  const askInside = async (container: ContainerId, signal: AbortSignal | undefined, deadlineMs: number): Promise<string> => {
    const { exitCode, output } = await engine.containers.exec(container, ['cat', '/proc/net/tcp', '/proc/net/tcp6'], { signal, deadlineMs });
    // Where there is no IPv6 the second file is missing, and the first is all there is.
    if (exitCode !== 0 && !/tcp6'?: No such file/.test(output)) throw new Error(`cat ended with exit code ${exitCode}`);
    return output;
  };

  const readOne = async ({ container, ports }: ActivitySubject, before: string, signal: AbortSignal | undefined, untilMs: number): Promise<Activity['viewers']> => {
    const whys = [before];
    for (const [name, way] of [
      ['its socket table', readOwnTable],
      ['a look from inside', askInside],
    ] as const) {
      const leftMs = Math.min(READING_DEADLINE_MS, untilMs - clock.monotonicMs());
      if (leftMs <= 0) return { known: false, why: [...whys, 'the look took too long'].join('; ') };
      try {
        const count = viewersIn(await way(container, signal, leftMs), ports);
        if (count !== undefined) return { known: true, count };
        whys.push(`${name}: not to be understood`);
      } catch (error) {
        signal?.throwIfAborted();
        whys.push(`${name}: ${wordsOf(error)}`);
      }
    }
    return { known: false, why: whys.join('; ') };
  };

  return {
    async look(subjects, { signal, deadlineMs = LOOK_DEADLINE_MS } = {}) {
      signal?.throwIfAborted();
      const untilMs = clock.monotonicMs() + deadlineMs;
      forgetOthers(pids, subjects);
      const { counts, why } = await track(subjects, signal);
      signal?.throwIfAborted();
      const seen = new Map<DesktopId, Activity>();
      const waiting = subjects.filter(({ id }) => !counts.has(id));
      const tell = (id: DesktopId, viewers: Activity['viewers']): void => void seen.set(id, { viewers, input: { known: false, why: INPUT_NEEDS_GATEWAY } });
      for (const [id, count] of counts) tell(id, { known: true, count });
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          tell(next.id, await readOne(next, next.address === undefined ? 'no address on a network of this host' : why, signal, untilMs));
        }
      };
      await Promise.all(Array.from({ length: Math.min(READINGS_AT_ONCE, waiting.length) }, worker));
      return seen;
    },
    close() {
      canary.close();
      pids.clear();
    },
  };
}

function forgetOthers(pids: Map<ContainerId, number>, subjects: readonly ActivitySubject[]): void {
  const asked = new Set(subjects.map(({ container }) => container));
  for (const container of pids.keys()) if (!asked.has(container)) pids.delete(container);
}

const readFileText: ReadText = (path, signal) => readFile(path, { encoding: 'utf8', ...(signal ? { signal } : {}) });

function emptyIfMissing(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
  throw error;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

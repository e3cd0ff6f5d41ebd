// How much running desktops have written to the host's disk, measured beside the sweeps since it takes an engine long; and what is
// to be said and done about one that fills it. What can't be told is absent, and then nothing happens.
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { inParallel } from './parallel.ts';
import { formatBytes } from './size.ts';
import type { DesktopId } from './store.ts';

/** What one desktop had written at the last measuring, in bytes. */
export interface DiskUse {
  writtenBytes: number;
  maxBytes: number;
  /** The warning that little is left was sent. */
  told: boolean;
}

export interface DiskWatch {
  /** What was measured last of these desktops; begins another measuring, which it doesn't wait for, when it is time. */
  look(desktops: Desktops, of: readonly Desktop[], signal: AbortSignal): ReadonlyMap<DesktopId, DiskUse>;
  /** Notes that somebody was told of this one. */
  tell(desktop: Desktop): void;
}

const MEASURE_EVERY_MS = 120_000;
const AT_ONCE = 2;
const DEADLINE_MS = 20_000;
const WARN_AT = 0.8;

/** How much a desktop of that image may write, in bytes: as its entry says, or else the settings. */
export function diskMaxOf({ installation, catalog }: Pick<Desktops, 'installation' | 'catalog'>, image: string): number | 'off' {
  return catalog.find(image)?.diskMax ?? installation.diskMax;
}

/** What a measured use asks for now, with its cause in words. */
export function diskStep({ writtenBytes, maxBytes, told }: DiskUse): { do: 'warn' | 'remove'; cause: string } | undefined {
  if (writtenBytes > maxBytes) return { do: 'remove', cause: `its disk use passed ${formatBytes(maxBytes)}` };
  if (told || !isNearlyFull(writtenBytes, maxBytes)) return undefined;
  return { do: 'warn', cause: `it uses ${Math.floor((100 * writtenBytes) / maxBytes)} % of the ${formatBytes(maxBytes)} of disk that it may` };
}

/** Of these, the ones that are over their bound at this very moment. */
export async function overDiskMax({ engine }: Desktops, of: readonly { desktop: Desktop; maxBytes: number }[], signal: AbortSignal): Promise<ReadonlySet<DesktopId>> {
  const over = new Set<DesktopId>();
  await inParallel(of, AT_ONCE, async ({ desktop, maxBytes }) => {
    const written = await writtenBytes(engine, desktop, signal);
    if (written !== undefined && written > maxBytes) over.add(desktop.id);
  });
  return over;
}

/** A watch that has measured nothing yet. */
export function createDiskWatch(): DiskWatch {
  // By container: another one of the same desktop has written nothing.
  let measured: ReadonlyMap<ContainerId, number> = new Map();
  let told: ReadonlySet<ContainerId> = new Set();
  let begunMs = Number.NEGATIVE_INFINITY;
  let busy = false;

  const measure = async ({ engine }: Desktops, of: readonly Desktop[], signal: AbortSignal): Promise<void> => {
    const found = new Map<ContainerId, number>();
    await inParallel(of, AT_ONCE, async (desktop) => {
      const written = await writtenBytes(engine, desktop, signal);
      if (desktop.container && written !== undefined) found.set(desktop.container.id, written);
    });
    measured = found;
  };

  return {
    look(desktops, of, signal) {
      const uses = new Map<DesktopId, DiskUse>();
      const bounded: Desktop[] = [];
      const stillTold = new Set<ContainerId>();
      for (const desktop of of) {
        const maxBytes = diskMaxOf(desktops, desktop.image);
        const { container } = desktop;
        if (maxBytes === 'off' || !container?.running || desktop.status === 'paused') continue;
        bounded.push(desktop);
        const written = measured.get(container.id);
        if (told.has(container.id) && (written === undefined || isNearlyFull(written, maxBytes))) stillTold.add(container.id);
        if (written !== undefined) uses.set(desktop.id, { writtenBytes: written, maxBytes, told: stillTold.has(container.id) });
      }
      told = stillTold;
      const nowMs = desktops.clock.monotonicMs();
      if (!busy && bounded.length > 0 && nowMs - begunMs >= MEASURE_EVERY_MS) {
        busy = true;
        begunMs = nowMs;
        void measure(desktops, bounded, signal).finally(() => {
          busy = false;
        });
      }
      return uses;
    },

    tell({ container }) {
      if (container) told = new Set([...told, container.id]);
    },
  };
}

const isNearlyFull = (writtenBytes: number, maxBytes: number): boolean => writtenBytes > WARN_AT * maxBytes;

/** Undefined for an engine that doesn't say, or not in time. */
async function writtenBytes({ containers }: Desktops['engine'], { container }: Desktop, signal: AbortSignal): Promise<number | undefined> {
  return container && containers.writtenBytes(container.id, { signal, deadlineMs: DEADLINE_MS }).catch(() => undefined);
}

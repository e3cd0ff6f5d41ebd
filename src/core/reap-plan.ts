// The decision behind a sweep: from what one look found, the step that each desktop's lease asks for now. Pure; a plan prints as
// text, and the tests compare that text. Carrying it out is reap.ts.
import type { Desktop } from './desktop.ts';
import { type DiskUse, diskStep } from './disk-watch.ts';
import type { Lease, LeaseClock } from './lease.ts';
import { isDue, type LeaseFacts, type LeasePolicy, leaseState } from './lease-state.ts';

/** One desktop as a look found it. */
export interface ObservedDesktop {
  desktop: Desktop;
  lease: Lease;
  facts: LeaseFacts;
  policy: LeasePolicy;
  /** Absent: nobody knows, or it has no bound. */
  disk?: DiskUse | undefined;
}

export interface ReapStep {
  do: 'warn' | 'keep' | 'pause' | 'wake' | 'remove';
  desktop: Desktop;
  /** What ran out: a clock of its lease, or the disk that it may use. */
  clock: LeaseClock | 'disk';
  /** In words, without the client. */
  cause: string;
  /** On `warn`: when it will be removed. ISO-8601 UTC. */
  removeAt?: string;
  /** On `warn`: it was announced before a time that nobody watched. */
  renews?: true;
  /** Of `disk`: how much it may write, in bytes. */
  diskMaxBytes?: number;
}

/** The steps that are due now, in the order of the desktops; one that is on its way out gets none, one that fills the disk only that. */
export function planReap(observed: readonly ObservedDesktop[], now: Date): ReapStep[] {
  const steps: ReapStep[] = [];
  for (const { desktop, lease, facts, policy, disk } of observed) {
    if (desktop.status === 'exiting') continue;
    const onDisk = disk && diskStep(disk);
    if (onDisk) steps.push({ ...onDisk, desktop, clock: 'disk', diskMaxBytes: disk.maxBytes });
    if (onDisk?.do === 'remove') continue;
    const { next } = leaseState(lease, facts, policy, now);
    if (!next || !isDue(next, now)) continue;
    steps.push({ do: next.do, desktop, clock: next.clock, cause: next.cause, ...(next.removeAt === undefined ? {} : { removeAt: next.removeAt }), ...(next.renews ? { renews: true } : {}) });
  }
  return steps;
}

/** A step as a person reads it; `title` says how a desktop is called. */
export function stepWords({ do: what, desktop, cause, removeAt }: ReapStep, title: (desktop: Desktop) => string): string {
  return `${what} ${title(desktop)}: ${cause}${removeAt === undefined ? '' : `, to be removed at ${removeAt}`}`;
}

// What the daemon watches, in numbers and in a sentence.
import type { DesktopStatus } from '../core/desktop.ts';
import type { ObservedDesktop } from '../core/reap-plan.ts';

export interface Summary {
  desktops: number;
  byStatus: Readonly<Partial<Record<DesktopStatus, number>>>;
  /** Desktops that somebody looks at. */
  used: number;
  /** Desktops of which nobody can tell whether somebody looks at them. */
  unknown: number;
}

/** Counts what one look saw. */
export function summarize(observed: readonly ObservedDesktop[]): Summary {
  const byStatus: Partial<Record<DesktopStatus, number>> = {};
  for (const { desktop } of observed) byStatus[desktop.status] = (byStatus[desktop.status] ?? 0) + 1;
  const counted = (is: (observed: ObservedDesktop) => boolean): number => observed.filter(is).length;
  return {
    desktops: observed.length,
    byStatus,
    used: counted(({ facts: { viewers } }) => viewers.known && viewers.count > 0),
    unknown: counted(({ facts: { viewers, life } }) => life !== 'ended' && !viewers.known),
  };
}

const ORDER: readonly DesktopStatus[] = ['ready', 'starting', 'paused', 'stopped', 'exiting', 'failed', 'lost'];

/** `3 desktops: 2 ready, 1 paused; 1 in use`. */
export function describeSummary({ desktops, byStatus, used, unknown }: Summary): string {
  if (desktops === 0) return 'no desktops';
  const statuses = ORDER.flatMap((status) => (byStatus[status] === undefined ? [] : [`${byStatus[status]} ${status}`]));
  const use = [`${used} in use`, ...(unknown > 0 ? [`${unknown} unknown`] : [])];
  return `${desktops === 1 ? '1 desktop' : `${desktops} desktops`}: ${statuses.join(', ')}; ${use.join(', ')}`;
}

// How often what came in by one ticket from one address may look at its desktop, and join its screen. That may be a class behind
// one router, so both are far more than one page does.
import { ownerOf } from '../core/address-owner.ts';
import type { Clock } from '../core/clock.ts';
import { createRateLimit } from '../core/rate-limit.ts';
import type { Session } from '../core/tickets.ts';

export interface Visits {
  /** Counts a look or a join of that visitor: undefined, or after how many seconds there may be one. */
  take(session: Session, address: string): number | undefined;
}

/** A page looks four times a second while its desktop comes, and seldom afterwards. */
export const createLooks = (clock: Pick<Clock, 'monotonicMs'>): Visits => visits(clock, 120, 40);
/** A page joins once, and again when its connection broke. */
export const createJoins = (clock: Pick<Clock, 'monotonicMs'>): Visits => visits(clock, 100, 5);

function visits(clock: Pick<Clock, 'monotonicMs'>, burst: number, perSecond: number): Visits {
  const limit = createRateLimit(clock, { burst, perSecond });
  return { take: ({ ticketId }, address) => limit.take(`${ticketId} ${ownerOf(address)}`) };
}

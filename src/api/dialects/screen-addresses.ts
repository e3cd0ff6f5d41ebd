// Addresses of screens for clients that know nothing of tickets: they are told one at each look at a list, and open it as often as
// they like. Behind each is a share of the desktop, listed and revoked like every other one; its secret is kept in memory only, so
// that the same address is told again.
import { type PublicAddress, publicScreen } from '../../core/public-address.ts';
import { giveTickets, ticketUrl } from '../../core/share.ts';
import type { DesktopId } from '../../core/store.ts';
import { liveShares } from '../../core/tickets.ts';
import type { ApiParts } from '../parts.ts';

/** Where a screen is, for whoever is told it. */
export interface ScreenAddress {
  /** A WebSocket of RFB bytes. */
  ws: string;
  /** A page. */
  http: string;
}

export interface ScreenAddresses {
  /** The addresses of these desktops; of none where no gateway answers. */
  of(gateway: PublicAddress | undefined, ids: readonly DesktopId[]): Promise<ReadonlyMap<DesktopId, ScreenAddress>>;
}

const LIFE_MS = 24 * 3_600_000;

/** None was told yet. */
export function createScreenAddresses({ tickets, clock }: Pick<ApiParts, 'tickets' | 'clock'>): ScreenAddresses {
  const known = new Map<DesktopId, { ticket: string; secret: string; untilMs: number }>();

  const renew = async (ids: readonly DesktopId[]): Promise<void> => {
    const store = await tickets();
    const now = clock.now();
    const live = new Set(liveShares(await store.read(), now).map(({ id }) => id));
    for (const [id, { ticket, untilMs }] of known) if (!live.has(ticket) || untilMs - now.getTime() < LIFE_MS / 2) known.delete(id);
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return;
    const given = await giveTickets(store, missing.map((desktopId) => ({ desktopId, kind: 'share', mode: 'full', lifeMs: LIFE_MS })), now);
    for (const { ticket, secret } of given) known.set(ticket.desktopId, { ticket: ticket.id, secret, untilMs: now.getTime() + LIFE_MS });
  };

  return {
    async of(gateway, ids) {
      if (gateway === undefined) return new Map();
      await renew(ids);
      return new Map(
        ids.flatMap((id) => {
          const screen = known.get(id);
          return screen ? [[id, { ws: publicScreen(gateway, id, screen.secret), http: ticketUrl(gateway, id, screen.secret) }]] : [];
        }),
      );
    },
  };
}

// Tickets that are kept in memory.
import type { Ticket, TicketStore } from '../../src/core/tickets.ts';

export interface FakeTickets extends TicketStore {
  /** As they are now; a test may put others in their place. */
  all: readonly Ticket[];
}

/** None so far. */
export function createFakeTickets(): FakeTickets {
  const tickets: FakeTickets = {
    all: [],
    read: async () => tickets.all,
    async update(change) {
      const done = change(tickets.all);
      tickets.all = done.tickets ?? tickets.all;
      return done.result;
    },
  };
  return tickets;
}

// What a ticket file holds, with the changes beside it.
import { existsSync, readFileSync } from 'node:fs';
import type { Ticket } from '../../src/core/tickets.ts';
import { applyChanges, changesFileOf } from '../../src/store/record-changes.ts';

/** All of them, in the order of their making. */
export function ticketsIn(file: string): Ticket[] {
  const { tickets } = JSON.parse(readFileSync(file, 'utf8')) as { tickets: Ticket[] };
  const changes = changesFileOf(file);
  const byId = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  if (existsSync(changes)) applyChanges(byId, readFileSync(changes, 'utf8').split('\n'), (value): value is Ticket => typeof (value as Ticket | undefined)?.id === 'string');
  return [...byId.values()];
}

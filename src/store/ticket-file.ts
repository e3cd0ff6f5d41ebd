// The tickets of an instance in a file of their own: the command line issues and revokes them, the daemon exchanges them.
// Nothing in it opens a desktop.
import { type Ticket, type TicketStore, withoutDead } from '../core/tickets.ts';
import { isObject } from './json-file.ts';
import { createRecordFile, isHash, isTime, type RecordFileOptions } from './record-file.ts';

/** Tickets in `file`, which is made by the first change, for its owner only. Those that are over leave it with the next change. */
export function createTicketFile(options: RecordFileOptions): TicketStore {
  const file = createRecordFile<Ticket>(options, { name: 'tickets', isRecord: isTicket, stillGood: withoutDead, loss: 'the links given so far open nothing any more' });
  return {
    read: file.read,
    update: (change) =>
      file.update((present) => {
        const { tickets, result } = change(present);
        return { records: tickets, result };
      }),
  };
}

/** Whether it is what it should be: a wrong one opens nothing. */
function isTicket(value: unknown): value is Ticket {
  if (!isObject(value)) return false;
  const { id, hash, desktopId, mode, kind, createdAt, expiresAt, usesLeft, revokedAt } = value;
  return (
    [id, desktopId].every((text) => typeof text === 'string' && text !== '') &&
    isHash(hash) &&
    (mode === 'full' || mode === 'view-only') &&
    (kind === 'link' || kind === 'share' || kind === 'dashboard') &&
    isTime(createdAt) &&
    isTime(expiresAt) &&
    (usesLeft === undefined || (Number.isSafeInteger(usesLeft) && (usesLeft as number) >= 0)) &&
    (revokedAt === undefined || isTime(revokedAt))
  );
}

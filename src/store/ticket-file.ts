// The tickets of an instance in a file of their own, changed only under its lock: the command line issues and revokes them, the
// daemon exchanges them. Nothing in it opens a desktop.
import { rename } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { type Ticket, type TicketStore, withoutDead } from '../core/tickets.ts';
import { VncctlError } from '../errors.ts';
import { withFileFailures } from './file-failure.ts';
import { isObject, jsonFileWriter, readJsonFile } from './json-file.ts';
import { type HeldLock, lockFileOf, withLock } from './lock.ts';

export interface TicketFileOptions {
  file: string;
  now: () => Date;
  /** Gets one line when a file was set aside. */
  warn: (message: string) => void;
  /** How long an update waits for others; 20 s when absent. */
  lockWaitMs?: number;
}

type Change<T> = (tickets: readonly Ticket[]) => { tickets?: readonly Ticket[]; result: T };

const ATTEMPTS = 5;

/** Tickets in `file`, which is made by the first change, for its owner only. Those that are over leave it with the next change. */
export function createTicketFile({ file, now, warn, lockWaitMs }: TicketFileOptions): TicketStore {
  let queue: Promise<unknown> = Promise.resolve();
  let known: { version: string; tickets: readonly Ticket[] } | undefined;

  const changeOnce = async <T>(change: Change<T>, lock: HeldLock): Promise<{ result: T } | undefined> => {
    const content = readJsonFile(file);
    if (content.kind === 'corrupt') {
      const aside = `${file}.corrupt-${now().toISOString().replaceAll(':', '-')}`;
      await rename(file, aside);
      warn(`${file} could not be read (${content.why}); set aside as ${aside}: the links given so far open nothing any more`);
    }
    const { tickets, result } = change(content.kind === 'object' ? ticketsIn(content.values) : []);
    if (tickets === undefined) return { result };
    const write = await jsonFileWriter(file);
    if (!lock.isStillOurs()) return undefined;
    write({ tickets: [...withoutDead(tickets, now())] });
    return { result };
  };

  return {
    read: () =>
      withFileFailures(`read ${file}`, async () => {
        // Asked for with each request of a viewer: read only when it was written. Each writing makes a new file of it.
        const version = versionOf(file);
        if (version === undefined) return [];
        if (known?.version === version) return known.tickets;
        const content = readJsonFile(file);
        const tickets = content.kind === 'object' ? ticketsIn(content.values) : [];
        known = { version, tickets };
        return tickets;
      }),

    update<T>(change: Change<T>): Promise<T> {
      const turn = queue.then(async () => {
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const done = await withFileFailures(`change ${file}`, () => withLock(file, (lock) => changeOnce(change, lock), lockWaitMs));
          if (done) return done.result;
        }
        throw new VncctlError('STORE_LOCKED', `the lock of ${file} was lost ${ATTEMPTS} times while changing it`, {
          hint: `is the machine overloaded, or ${lockFileOf(file)} on a drive that forgets? try again`,
        });
      });
      // Own updates wait for each other here rather than by polling the lock.
      queue = turn.catch(() => {});
      return turn;
    },
  };
}

function versionOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}:${found.mtimeNs}:${found.size}`;
}

/** Those that are what they should be: a wrong one opens nothing. */
function ticketsIn(values: Readonly<Record<string, unknown>>): Ticket[] {
  return Array.isArray(values['tickets']) ? values['tickets'].filter(isTicket) : [];
}

function isTicket(value: unknown): value is Ticket {
  if (!isObject(value)) return false;
  const { id, hash, desktopId, mode, kind, createdAt, expiresAt, usesLeft, revokedAt } = value;
  const isTime = (time: unknown): boolean => typeof time === 'string' && Number.isFinite(Date.parse(time));
  return (
    [id, desktopId].every((text) => typeof text === 'string' && text !== '') &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    (mode === 'full' || mode === 'view-only') &&
    (kind === 'link' || kind === 'share') &&
    isTime(createdAt) &&
    isTime(expiresAt) &&
    (usesLeft === undefined || (Number.isSafeInteger(usesLeft) && (usesLeft as number) >= 0)) &&
    (revokedAt === undefined || isTime(revokedAt))
  );
}

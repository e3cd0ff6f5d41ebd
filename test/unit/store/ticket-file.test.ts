import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { issueTicket, newTicketKeys, type Ticket, type TicketStore } from '../../../src/core/tickets.ts';
import { withLock } from '../../../src/store/lock.ts';
import { createTicketFile } from '../../../src/store/ticket-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
const NOW = new Date('2030-01-01T12:00:00.000Z');
let count = 0;

function newFile(): { store: TicketStore; file: string; warnings: string[]; again: (lockWaitMs?: number) => TicketStore } {
  const file = join(home, `${++count}`, 'default', 'tickets.json');
  const warnings: string[] = [];
  const again = (lockWaitMs = 50): TicketStore => createTicketFile({ file, now: () => NOW, warn: (message) => warnings.push(message), lockWaitMs });
  return { file, warnings, store: again(), again };
}

const give = (lifeMs = 60_000): Ticket => issueTicket({ desktopId: 'bcdfghjkmnpq' as DesktopId, mode: 'full', kind: 'share', lifeMs, uses: 1 }, newTicketKeys(), NOW);
const add = (store: TicketStore, ticket: Ticket): Promise<void> => store.update((tickets) => ({ tickets: [...tickets, ticket], result: undefined }));

test('where nothing was stored there is no ticket, and reading makes no file', async () => {
  const { store, file } = newFile();
  expect(await store.read()).toEqual([]);
  expect(() => statSync(dirname(file))).toThrow('ENOENT');
});

test('what one process writes the other reads at once, for its owner only', async () => {
  const { store, file, again } = newFile();
  const reader = again();
  const [one, two] = [give(), give()];
  for (const [index, ticket] of [one, two].entries()) {
    await add(store, ticket);
    expect(await reader.read()).toEqual([one, two].slice(0, index + 1));
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
});

test('changes at once all count', async () => {
  const { again } = newFile();
  const [one, other] = [again(20_000), again(20_000)];
  await Promise.all(Array.from({ length: 10 }, (_, index) => add(index % 2 === 0 ? one : other, give())));
  expect(await again().read()).toHaveLength(10);
});

test('a change that returns nothing writes nothing, one that is held up says so', async () => {
  const { store, file } = newFile();
  expect(await store.update((tickets) => ({ result: tickets.length }))).toBe(0);
  expect(() => statSync(file)).toThrow('ENOENT');
  await withLock(file, async () => {
    await expect(add(store, give())).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });
});

test('tickets that are over leave the file with the next change', async () => {
  const { store } = newFile();
  const live = give();
  await add(store, give(0));
  await add(store, live);
  expect(await store.read()).toEqual([live]);
});

test('a record that is no ticket opens nothing, and takes no other with it', async () => {
  const { store, file } = newFile();
  const right = give();
  mkdirSync(dirname(file), { recursive: true });
  const wrong = [null, 7, {}, { ...right, hash: 'x' }, { ...right, mode: 'root' }, { ...right, expiresAt: 'soon' }, { ...right, usesLeft: -1 }, { ...right, revokedAt: 1 }];
  writeFileSync(file, JSON.stringify({ tickets: [...wrong, right] }));
  expect(await store.read()).toEqual([right]);
});

test('a file that can not be read opens nothing, and is set aside by the next change', async () => {
  const { store, file, warnings } = newFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '{"tick');
  expect(await store.read()).toEqual([]);
  const ticket = give();
  await add(store, ticket);
  expect(await store.read()).toEqual([ticket]);
  const aside = readdirSync(dirname(file)).find((name) => name.startsWith('tickets.json.corrupt-'));
  expect(readFileSync(join(dirname(file), aside ?? ''), 'utf8')).toBe('{"tick');
  expect(warnings).toEqual([expect.stringContaining('open nothing any more')]);
});

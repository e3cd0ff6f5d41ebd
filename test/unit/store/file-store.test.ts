import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClientId } from '../../../src/core/client-id.ts';
import type { Allocation, DesktopId, Store } from '../../../src/core/store.ts';
import { createFileStore } from '../../../src/store/file-store.ts';
import { withLock } from '../../../src/store/lock.ts';
import { NEW_STATE } from '../../../src/core/store.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const home = tempFolder();
let count = 0;

function newStore(): { store: Store; file: string; warnings: string[] } {
  const file = join(home, `${++count}`, 'default', 'state.json');
  const warnings: string[] = [];
  return { file, warnings, store: createFileStore({ file, warn: (message) => warnings.push(message), now: () => new Date('2026-01-02T03:04:05.678Z'), lockWaitMs: 100 }) };
}

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const allocation: Allocation = {
  desktopId: 'bcdf' as DesktopId,
  client: '11122233344' as ClientId,
  endpoint: 'unix:///var/run/docker.sock',
  image: 'firefox-kiosk',
  createdAt: '2026-01-01T00:00:00.000Z',
  lastUsedAt: '2026-01-01T00:00:00.000Z',
};

test('a store that was never written is empty, and reading makes no file', async () => {
  const { store, file, warnings } = newStore();
  expect(await store.read()).toEqual(NEW_STATE);
  expect(() => statSync(dirname(file))).toThrow('ENOENT');
  expect(warnings).toEqual([]);
});

test('what was stored is read back, by this and by another store of the file', async () => {
  const { store, file } = newStore();
  const result = await store.update((state) => ({ state: { ...state, allocations: { 'a.b': allocation } }, result: 7 }));
  expect(result).toBe(7);
  expect((await store.read()).allocations).toEqual({ 'a.b': allocation });
  expect(await createFileStore({ file, warn: () => {}, now: () => new Date() }).read()).toEqual({ ...NEW_STATE, allocations: { 'a.b': allocation } });
});

test('the file is for its owner only, and so is its folder', async () => {
  const { store, file } = newStore();
  await store.update((state) => ({ state, result: undefined }));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
});

test('a file that was readable by others no longer is after a change', async () => {
  const { store, file } = newStore();
  put(file, '{}');
  await store.update((state) => ({ state, result: undefined }));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a change without a state writes nothing', async () => {
  const { store, file } = newStore();
  await store.update(() => ({ result: undefined }));
  expect(() => statSync(file)).toThrow('ENOENT');
});

test('a change that fails leaves the state and frees the lock', async () => {
  const { store } = newStore();
  await store.update((state) => ({ state: { ...state, allocations: { a: allocation } }, result: undefined }));
  await expect(store.update(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(Object.keys(await store.update((state) => ({ result: state.allocations })))).toEqual(['a']);
});

test('changes of one process come one after the other', async () => {
  const { store } = newStore();
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      store.update(async (state) => ({ state: { ...state, reservations: [...state.reservations, { port: index + 1, pid: 1, at: '2026-01-01T00:00:00Z' }] }, result: undefined })),
    ),
  );
  expect((await store.read()).reservations.map(({ port }) => port)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test.each(['{"allocations": {', '', '[]', 'null', '\0\0\0'])('a corrupt file (%j) is set aside by a read, with a message, and the state is empty', async (text) => {
  const { store, file, warnings } = newStore();
  put(file, text);
  expect(await store.read()).toEqual(NEW_STATE);
  expect(readdirSync(dirname(file))).toEqual(['state.json.corrupt-2026-01-02T03-04-05.678Z']);
  expect(readFileSync(join(dirname(file), 'state.json.corrupt-2026-01-02T03-04-05.678Z'), 'utf8')).toBe(text);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('set aside as');
});

test('a corrupt file is set aside by a change, which then succeeds', async () => {
  const { store, file, warnings } = newStore();
  put(file, '{oops');
  await store.update((state) => ({ state: { ...state, allocations: { a: allocation } }, result: undefined }));
  expect(await store.read()).toEqual({ ...NEW_STATE, allocations: { a: allocation } });
  expect(readdirSync(dirname(file)).sort()).toEqual(['state.json', 'state.json.corrupt-2026-01-02T03-04-05.678Z']);
  expect(warnings).toHaveLength(1);
});

test('reading never waits for the lock, not even with a corrupt file', async () => {
  const { store, file, warnings } = newStore();
  put(file, '{oops');
  await withLock(file, async () => {
    expect(await store.read()).toEqual(NEW_STATE);
  });
  expect(readFileSync(file, 'utf8')).toBe('{oops');
  expect(warnings).toHaveLength(1);
});

test('malformed and unknown records are dropped with a warning each, which names nobody', async () => {
  const { store, file, warnings } = newStore();
  const { createdAt: _, ...unborn } = allocation;
  const waiter = { desktop: 'd', bytes: 5, port: true, pid: 1, at: allocation.createdAt, until: allocation.createdAt };
  put(file, JSON.stringify({ allocations: { a: allocation, b: unborn, c: 5, d: { ...allocation, removing: { pid: 'x' } } }, reservations: [{ port: 1, pid: 1, at: 'never' }, null], promises: [{ desktop: 'd', bytes: 5, pid: 1 }], queue: [{ ...waiter, until: 'soon' }, waiter], leases: {} }));
  expect(await store.read()).toEqual({ allocations: { a: allocation }, reservations: [], queue: [waiter] });
  expect(warnings).toHaveLength(8);
  expect(warnings.join()).not.toContain('11122233344');
});

test('a lock that is held for too long is STORE_LOCKED and names the lock file', async () => {
  const { store, file } = newStore();
  await withLock(file, async () => {
    await expect(store.update(() => ({ result: undefined }))).rejects.toMatchObject({ code: 'STORE_LOCKED', hint: expect.stringContaining(`${file}.lock`) });
  });
});

test('a change whose lock was taken over meanwhile is made again on the new state, not written over it', async () => {
  const { store, file } = newStore();
  const other = createFileStore({ file, warn: () => {}, now: () => new Date() });
  let attempts = 0;
  await store.update(async (state) => {
    if (++attempts === 1) {
      // What a waiter does that finds the lock stale.
      const { rmdirSync } = await import('node:fs');
      rmdirSync(`${file}.lock`);
      await other.update((theirs) => ({ state: { ...theirs, allocations: { theirs: allocation } }, result: undefined }));
    }
    return { state: { ...state, allocations: { ...state.allocations, ours: allocation } }, result: undefined };
  });
  expect(attempts).toBe(2);
  expect(Object.keys((await store.read()).allocations).sort()).toEqual(['ours', 'theirs']);
});

test('a state file without or with an unusual extension is used as it is', async () => {
  for (const name of ['state', 'my.state.db']) {
    const file = join(home, 'names', name);
    const store = createFileStore({ file, warn: () => {}, now: () => new Date() });
    await store.update((state) => ({ state: { ...state, allocations: { a: allocation } }, result: undefined }));
    expect(JSON.parse(readFileSync(file, 'utf8')).allocations.a.image).toBe('firefox-kiosk');
  }
});

test('a state file that is a folder is STORE_DENIED with a hint', async () => {
  const { store, file } = newStore();
  mkdirSync(file, { recursive: true });
  await expect(store.read()).rejects.toMatchObject({ code: 'STORE_DENIED' });
  await expect(store.update((state) => ({ state, result: 1 }))).rejects.toMatchObject({ code: 'STORE_DENIED' });
});

test('how names are written is kept as the installation began, whatever changes', async () => {
  const begun = newStore();
  await begun.store.update(({ allocations, reservations }) => ({ state: { allocations, reservations }, result: undefined }));
  expect((await begun.store.read()).naming).toBe('labelled');
  const old = newStore();
  put(old.file, JSON.stringify({ allocations: {}, reservations: [] }));
  await old.store.update((state) => ({ state, result: undefined }));
  expect(await old.store.read()).toEqual({ allocations: {}, reservations: [] });
});

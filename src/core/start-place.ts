// A place on the host for a desktop that is about to start: memory and, where it is published, a port, promised together under one hold
// of the store's lock. Whether there is memory is admission.ts; who waits for a place is start-queue.ts.
import { isVncctlError, type VncctlError } from '../errors.ts';
import { livePromises, liveWaiters, withMarks } from './admission.ts';
import type { Desktops } from './desktops.ts';
import { memoryLack } from './memory-lack.ts';
import { promisePort, withoutPort } from './port-reservation.ts';
import type { DesktopId, MemoryPromise, StoreState, Waiter } from './store.ts';

/** What a desktop needs of the host to start. */
export interface PlaceWish {
  desktop: DesktopId;
  /** Memory. */
  bytes: number;
  /** What has to stay beside that. */
  marginBytes?: number;
  /** Of the port of its own that it needs: those which the engine has refused. */
  port?: { refused: ReadonlySet<number> };
  /** It takes the memory of one that goes: nobody looks how much is free. */
  inPlaceOfAnother?: boolean;
}

export interface Place {
  desktop: DesktopId;
  hostPort?: number;
}

/** Why there is no place. */
export interface Lack {
  of: 'memory' | 'port';
  /** How much memory is missing. */
  bytes: number;
  failure: VncctlError;
}

/** What came of asking: a place, or why there is none and how many wait before. */
export type PlaceAnswer = { place: Place; lack?: undefined; ahead?: undefined } | { lack: Lack; ahead: number; place?: undefined };

/** Takes one without waiting. With `queueUntil`, whoever gets none waits in the queue from then on, at its end where they aren't in it already. */
export async function tryTakePlace(desktops: Desktops, wish: PlaceWish, queueUntil?: Date): Promise<PlaceAnswer> {
  const { store, clock, processes, memory, engine, installation } = desktops;
  const looks = installation.reserveMemory !== 'off' && engine.capabilities.local;
  const availableBytes = looks ? await memory.availableBytes() : undefined;
  if (availableBytes === undefined && !wish.port) return { place: { desktop: wish.desktop } };
  return store.update(async (state): Promise<{ state?: StoreState; result: PlaceAnswer }> => {
    const mark = { pid: processes.pid, at: clock.now().toISOString() };
    const { lack, port, promises, queue, ahead } = await judge(desktops, wish, state);
    if (lack) {
      const result = { lack, ahead: ahead.length };
      const waitsAlready = ahead.length < queue.length;
      if (queueUntil === undefined || waitsAlready) return { result };
      const waiter: Waiter = { desktop: wish.desktop, bytes: wish.bytes, ...(wish.port ? { port: true as const } : {}), until: queueUntil.toISOString(), ...mark };
      return { state: withMarks(state, { promises, queue: [...queue, waiter] }), result };
    }
    const others = promises.filter(({ desktop }) => desktop !== wish.desktop);
    const its: MemoryPromise[] = availableBytes === undefined ? [] : [{ desktop: wish.desktop, bytes: wish.bytes, ...mark }];
    const next = withMarks({ ...state, reservations: port?.reservations ?? state.reservations }, { promises: [...others, ...its], queue: queue.filter(({ desktop }) => desktop !== wish.desktop) });
    return { state: next, result: { place: { desktop: wish.desktop, ...(port ? { hostPort: port.port } : {}) } } };
  });
}

/** Why there would be no place now, and how many wait before; undefined where there is one. Takes nothing. */
export async function findLack(desktops: Desktops, wish: PlaceWish): Promise<{ lack: Lack; ahead: number } | undefined> {
  const { lack, ahead } = await judge(desktops, wish, await desktops.store.read());
  return lack && { lack, ahead: ahead.length };
}

interface Judgement {
  lack?: Lack;
  /** The one it gets where there is no lack and it needs one. */
  port?: Awaited<ReturnType<typeof promisePort>>;
  /** Those that count. */
  promises: readonly MemoryPromise[];
  queue: readonly Waiter[];
  /** Who waits before it: all, where it does not wait itself. */
  ahead: readonly Waiter[];
}

/** Looks whether there is a place as this state stands. */
async function judge(desktops: Desktops, wish: PlaceWish, state: StoreState): Promise<Judgement> {
  const { clock, processes } = desktops;
  const now = clock.now();
  const isAlive = (pid: number): boolean => processes.isAlive(pid);
  const queue = liveWaiters(state.queue, now, isAlive);
  const own = queue.findIndex(({ desktop }) => desktop === wish.desktop);
  const ahead = own < 0 ? queue : queue.slice(0, own);
  const promises = livePromises(state.promises, now, isAlive);
  const isPromised = wish.inPlaceOfAnother || promises.some(({ desktop }) => desktop === wish.desktop);
  const lack = isPromised ? undefined : await memoryLack(desktops, wish, { promises, ahead, state });
  if (lack) return { lack: { of: 'memory', ...lack }, promises, queue, ahead };
  if (!wish.port) return { promises, queue, ahead };
  try {
    return { port: await promisePort(desktops, state, { refused: wish.port.refused, spare: ahead.filter(({ port }) => port).length }), promises, queue, ahead };
  } catch (error) {
    if (!isVncctlError(error, 'NO_FREE_PORT')) throw error;
    return { lack: { of: 'port', bytes: 0, failure: error }, promises, queue, ahead };
  }
}

/** Gives back what is left of it: what its desktop took is no promise any more. */
export async function releasePlace({ store, processes }: Pick<Desktops, 'store' | 'processes'>, { desktop, hostPort }: Place): Promise<void> {
  await store.update((state) => {
    const promises = state.promises?.filter((promise) => promise.desktop !== desktop) ?? [];
    return { state: withMarks({ ...state, reservations: withoutPort(state.reservations, hostPort, processes.pid) }, { promises, queue: state.queue ?? [] }), result: undefined };
  });
}

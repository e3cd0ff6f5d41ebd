// What a state file must look like. Checks what was parsed and drops, with a warning each, the records that are not what they
// should be: the engine's labels bring back what a record said.
import type { LeaseField } from '../core/lease.ts';
import type { Allocation, Claimed, MemoryPromise, PortReservation, StoreState, Waiter, Warning, Watch, WatchMemory } from '../core/store.ts';
import { isObject } from './json-file.ts';

type Field = (value: unknown) => boolean;

const filled: Field = (value) => typeof value === 'string' && value !== '';
const time: Field = (value) => typeof value === 'string' && Number.isFinite(Date.parse(value));
const count: Field = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const mark: Field = (value) => isObject(value) && count(value.pid) && time(value.at);
const optional =
  (field: Field): Field =>
  (value) =>
    value === undefined || field(value);

const whole: Field = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const finite: Field = (value) => typeof value === 'number' && Number.isFinite(value);
const either =
  (one: Field, other: Field): Field =>
  (value) =>
    one(value) || other(value);
const word =
  (...words: readonly string[]): Field =>
  (value) =>
    words.some((known) => known === value);
const record =
  (fields: Readonly<Record<string, Field>>): Field =>
  (value) =>
    faultOf(value, fields) === undefined;

const LENGTH = optional(either(count, word('never')));
const LEASE: Readonly<Record<LeaseField, Field>> = { idle: LENGTH, removeAfter: LENGTH, inputIdle: LENGTH, ttl: LENGTH, maxAge: LENGTH };
const CLAIMED: Readonly<Record<keyof Claimed, Field>> = { at: time, fitted: optional((value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string')) };
const WATCHED: Readonly<Record<keyof WatchMemory, Field>> = { viewers: either(whole, word('unknown')), viewerSeenAt: optional(time), inputSeenAt: optional(time), countsFrom: optional(time) };
const WARNED: Readonly<Record<keyof Warning, Field>> = { at: time, clock: word('no-client', 'no-input', 'ttl', 'max-age'), removeAt: time, renewed: optional((value) => value === true) };
const WATCH: Readonly<Record<keyof Watch, Field>> = { at: time, pid: count, bootMs: finite, bootId: filled, complete: optional((value) => value === true) };

const ALLOCATION: Readonly<Record<keyof Allocation, Field>> = {
  desktopId: filled,
  client: filled,
  endpoint: filled,
  image: filled,
  createdAt: time,
  claimed: optional(record(CLAIMED)),
  lastUsedAt: optional(time),
  readyAt: optional(time),
  removing: optional((value) => mark(value) && optional(filled)((value as { cause?: unknown }).cause)),
  replacing: optional(filled),
  pauseCause: optional(filled),
  lease: optional(record(LEASE)),
  touchedAt: optional(time),
  keptUntil: optional(time),
  watched: optional(record(WATCHED)),
  warned: optional(record(WARNED)),
  notes: optional((value) => isObject(value) && Object.values(value).every((note) => typeof note === 'string')),
};

const RESERVATION: Readonly<Record<keyof PortReservation, Field>> = { port: count, pid: count, at: time };
const isTrue = optional((value) => value === true);
const PROMISE: Readonly<Record<keyof MemoryPromise, Field>> = { desktop: filled, bytes: count, started: isTrue, pid: count, at: time };
const WAITER: Readonly<Record<keyof Waiter, Field>> = { desktop: filled, bytes: count, port: isTrue, until: time, pid: count, at: time };

/** The state in a parsed file. Never throws; what is dropped is named by its place, never by its content. */
export function checkState(values: Readonly<Record<string, unknown>>, warn: (message: string) => void): StoreState {
  for (const key of Object.keys(values)) {
    if (!['allocations', 'reservations', 'promises', 'queue', 'watch', 'naming'].includes(key)) warn(`unknown record "${key}" in the state; dropped`);
  }
  const allocations: Record<string, Allocation> = {};
  for (const [index, [key, value]] of entriesOf(values.allocations, 'allocations', warn).entries()) {
    const wrong = faultOf(value, ALLOCATION);
    if (wrong === undefined) allocations[key] = value as Allocation;
    else warn(`allocation ${index + 1} of the state is dropped: ${wrong}`);
  }
  const reservations = checkedList<PortReservation>(values.reservations, ['reservations', 'reservation'], RESERVATION, warn);
  const promises = checkedList<MemoryPromise>(values.promises, ['promises', 'promise'], PROMISE, warn);
  const queue = checkedList<Waiter>(values.queue, ['queue', 'waiter'], WAITER, warn);
  const state: StoreState = {
    allocations,
    reservations,
    ...(values.naming === 'labelled' ? { naming: 'labelled' } : {}),
    ...(promises.length > 0 ? { promises } : {}),
    ...(queue.length > 0 ? { queue } : {}),
  };
  const { watch } = values;
  if (watch === undefined) return state;
  const wrong = faultOf(watch, WATCH);
  if (wrong === undefined) return { ...state, watch: watch as Watch };
  warn(`"watch" of the state is dropped: ${wrong}`);
  return state;
}

function checkedList<T>(value: unknown, [name, one]: readonly [string, string], fields: Readonly<Record<keyof T & string, Field>>, warn: (message: string) => void): T[] {
  return listOf(value, name, warn).flatMap((item, index): T[] => {
    const wrong = faultOf(item, fields);
    if (wrong === undefined) return [item as T];
    warn(`${one} ${index + 1} of the state is dropped: ${wrong}`);
    return [];
  });
}

function entriesOf(value: unknown, name: string, warn: (message: string) => void): [string, unknown][] {
  if (isObject(value)) return Object.entries(value);
  if (value !== undefined) warn(`"${name}" of the state is no object; dropped`);
  return [];
}

function listOf(value: unknown, name: string, warn: (message: string) => void): unknown[] {
  if (Array.isArray(value)) return value;
  if (value !== undefined) warn(`"${name}" of the state is no list; dropped`);
  return [];
}

function faultOf(value: unknown, fields: Readonly<Record<string, Field>>): string | undefined {
  if (!isObject(value)) return 'it is no object';
  for (const [name, isRight] of Object.entries(fields)) {
    if (!isRight(value[name])) return value[name] === undefined ? `"${name}" is missing` : `"${name}" is malformed`;
  }
  return undefined;
}

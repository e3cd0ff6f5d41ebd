// From a client id to the names the engine sees, and the random ids and secrets of a desktop.
import { createHmac, randomInt } from 'node:crypto';
import type { ClientId } from './client-id.ts';
import type { ContainerId } from './engine.ts';
import type { DesktopId } from './store.ts';

/**
 * How a client's id appears in what the engine keeps. `plain`: as it is, in names and labels. `labelled`: as it is in labels, which only the
 * engine's users can read, and as a keyed hash that only this installation can make in names, which every desktop can ask the engine's
 * DNS for. `hashed`: as that hash in both. The key of `plain` is there where names may have been hashed before.
 */
export type Naming = { kind: 'plain'; key?: Uint8Array } | { kind: 'labelled' | 'hashed'; key: Uint8Array };

/** The client's key in names: the id itself, or 20 hexadecimal digits of its keyed hash (HMAC-SHA-256). */
export function clientKey(client: ClientId, naming: Naming): string {
  return naming.kind === 'plain' ? client : hashedKey(client, naming.key);
}

/** What may stand for the client in names, by whichever naming they were given: the present key first. */
export function clientKeys(client: ClientId, naming: Naming): string[] {
  if (naming.kind === 'plain') return naming.key === undefined ? [client] : [client, hashedKey(client, naming.key)];
  const hashed = hashedKey(client, naming.key);
  // An id that looks like a hash must not open the desktop of the client whose hash it is.
  return isHashedKey(client) ? [hashed] : [hashed, client];
}

function hashedKey(client: ClientId, key: Uint8Array): string {
  return createHmac('sha256', key).update(client).digest('hex').slice(0, 20);
}

/** What the labels of a client's own container say of the client, and how that is to be read. */
export function clientInLabels(client: ClientId, naming: Naming): { clientKey: string; naming: 'plain' | 'hashed' } {
  return naming.kind === 'hashed' ? { clientKey: clientKey(client, naming), naming: 'hashed' } : { clientKey: client, naming: 'plain' };
}

/** How the client in the name of a container is to be read that was made for the pool. */
export function namesOfPool(naming: Naming): 'plain' | 'hashed' {
  return naming.kind === 'plain' ? 'plain' : 'hashed';
}

/** The form of a hashed key. */
const HASHED_KEY = /^[0-9a-f]{20}$/;

/** Whether a key in a name is a hash, which tells of no client. */
export function isHashedKey(key: string): boolean {
  return HASHED_KEY.test(key);
}

/** Whose a desktop was, as journals tell it: 20 hexadecimal digits of a keyed hash (HMAC-SHA-256) that only this installation can make, another than that of names and labels. */
export function clientHash(client: ClientId, key: Uint8Array): string {
  // No client id has a NUL in it, so no client's hash in names is another's hash here.
  return createHmac('sha256', key).update(`journal\0${client}`).digest('hex').slice(0, 20);
}

/** Name of a client's container. Instances other than `default` carry their name, so that two share a host. */
export function containerName(prefix: string, instance: string, key: string): string {
  return instance === 'default' ? `${prefix}${key}` : `${prefix}${instance}.${key}`;
}

/** The client's key in such a name; undefined for a name of another form. */
export function keyInName(name: string, prefix: string, instance: string): string | undefined {
  const before = containerName(prefix, instance, '');
  return name.startsWith(before) && name.length > before.length ? name.slice(before.length) : undefined;
}

/** Name of a warm desktop's container while it waits in the pool. */
export function memberName(prefix: string, instance: string, id: DesktopId): string {
  return containerName(prefix, instance, `pool_${id}`);
}

/** Whether that is the name of the warm desktop of this very id, whatever the prefix was when it was made. No desktop may ever have it that has a client. */
export function isMemberName(name: string, id: DesktopId): boolean {
  return name.endsWith(`pool_${id}`);
}

/** Name of a desktop's container while it is made to take the place of that one. Only one has it: who makes it knows that no other does. */
export function successorName(prefix: string, instance: string, replaced: ContainerId): string {
  return containerName(prefix, instance, `next_${shortId(replaced)}`);
}

/** Whether that is the name of one that is made to take the place of that container, whatever the prefix was. */
export function isSuccessorName(name: string, replaced: ContainerId): boolean {
  return name.endsWith(`next_${shortId(replaced)}`);
}

/** Name of a container from the moment that its successor takes its name until it is removed. */
export function asideName(prefix: string, instance: string, id: ContainerId): string {
  return containerName(prefix, instance, `prev_${shortId(id)}`);
}

/** Whether that is such a name of that very container. */
export function isAsideName(name: string, id: ContainerId): boolean {
  return name.endsWith(`prev_${shortId(id)}`);
}

/** As engines show it. */
const shortId = (id: ContainerId): string => id.slice(0, 12);

/** Name of the network of one container, where the engine can't keep the members of a shared one apart. */
export function ownNetworkName(network: string, container: string): string {
  return `${network}_${container}`;
}

// No vowels and no look-alikes: ids are read aloud and never spell a word.
const ID_ALPHABET = 'bcdfghjkmnpqrstvwxz23456789';
const SECRET_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** A new opaque desktop id: 12 random characters, 57 bits. */
export function newDesktopId(): DesktopId {
  return randomText(ID_ALPHABET, 12) as DesktopId;
}

/** Whether a word has the form of a desktop's id. */
export function isDesktopId(word: string): word is DesktopId {
  return word.length === 12 && [...word].every((letter) => ID_ALPHABET.includes(letter));
}

/** A new VNC secret: eight characters, 46 bits, since VNC authentication uses no more than eight (RFC 6143, 7.2.2). */
export function newSecret(): string {
  return randomText(SECRET_ALPHABET, 8);
}

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

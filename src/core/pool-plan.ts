// The decision behind the pool: from what is wanted and the warm desktops that are there, which are made and which are removed, each
// with its cause in words. Pure; carrying it out is pool.ts.
import { formatDuration } from './duration.ts';
import type { ContainerId, ContainerState } from './engine.ts';
import type { DesktopId } from './store.ts';

/** A warm desktop in the pool. */
export interface Member {
  desktopId: DesktopId;
  container: ContainerId;
  /** Of its container: no other one ever has it. */
  name: string;
  /** Key of its catalog entry. */
  image: string;
  imageId: string;
  poolKey: string;
  specHash: string;
  /** `paused`: it can be taken. */
  state: ContainerState;
  /** ISO-8601 UTC. */
  createdAt: string;
  exitCode?: number;
  /** The port of the host that it holds. */
  hostPort?: number;
  /** Something is remembered of it: it was somebody's, and got its old name back by hand. */
  used: boolean;
}

/** How many of an image are wanted. */
export interface PoolWish {
  image: string;
  count: number;
  /** What members have to be like now; undefined where none can be made. */
  made: { poolKey: string; specHash: string } | undefined;
  /** Why none can be made. */
  why?: string;
  /** Memory that one of them takes. */
  needsBytes: number;
}

/** `putOff`: why it is not done now. */
export type PoolStep = { do: 'create'; wish: PoolWish; cause: string; putOff?: string } | { do: 'remove'; member: Member; cause: string };

export interface PoolPlanOptions {
  now: Date;
  /** How old a member may become. */
  maxAgeMs: number;
  /** Memory of the host that could be taken now, in bytes; below nothing: so much is missing; undefined where nobody can tell. */
  spareBytes: number | undefined;
}

/** Why none is made, and why one goes, where the host is short of memory. */
export const SHORT_OF_MEMORY = 'the host has too little memory, and clients come first';

/** What a member is to the pool. */
export type MemberStatus = 'ready' | 'filling' | 'old' | 'expired' | 'ended' | 'used';

/** How a member stands, and in words why it can't be taken. */
export function memberStatus(member: Member, wish: PoolWish | undefined, { now, maxAgeMs }: Pick<PoolPlanOptions, 'now' | 'maxAgeMs'>): { status: MemberStatus; cause: string } {
  const { state, exitCode } = member;
  if (member.used) return { status: 'used', cause: "it was somebody's desktop" };
  if (state === 'exited' || state === 'dead' || state === 'removing') return { status: 'ended', cause: `it ended (exit code ${exitCode ?? 'unknown'})` };
  if (!wish || wish.count === 0) return { status: 'old', cause: `no pool of ${member.image} is wanted` };
  if (wish.made && (wish.made.poolKey !== member.poolKey || wish.made.specHash !== member.specHash)) return { status: 'old', cause: 'its image, its catalog entry or a setting has changed since' };
  if (state !== 'paused') return { status: 'filling', cause: 'it is not ready yet' };
  if (now.getTime() - Date.parse(member.createdAt) >= maxAgeMs) return { status: 'expired', cause: `it is older than ${formatDuration(maxAgeMs)}` };
  return { status: 'ready', cause: 'it can be taken' };
}

/** Decides. What is in the way goes first; what only gets old stays until there is another. */
export function planPool(wishes: readonly PoolWish[], members: readonly Member[], options: PoolPlanOptions): PoolStep[] {
  const first: PoolStep[] = [];
  const last: PoolStep[] = [];
  const counted = new Map<string, Member[]>();
  const count = (member: Member): void => void counted.set(member.image, [...(counted.get(member.image) ?? []), member]);
  for (const member of [...members].sort(byAge)) {
    if (member.state === 'removing') continue;
    const wish = wishes.find(({ image }) => image === member.image);
    const { status, cause } = memberStatus(member, wish, options);
    const remove: PoolStep = { do: 'remove', member, cause };
    switch (status) {
      case 'used':
      case 'ended':
      case 'old':
        first.push(remove);
        break;
      case 'expired':
        last.push(remove);
        break;
      case 'filling':
        // Another process may be making it: then its lock is held, and it stays. It counts either way until it is gone.
        first.push({ ...remove, cause: 'nobody makes it ready any more' });
        count(member);
        break;
      case 'ready':
        count(member);
        break;
      default:
        status satisfies never;
    }
  }
  let spare = options.spareBytes ?? Number.POSITIVE_INFINITY;
  const creations = wishes.flatMap((wish): PoolStep[] => {
    const there = counted.get(wish.image) ?? [];
    const surplus = there.filter(({ state }) => state === 'paused').slice(wish.count);
    last.push(...surplus.map((member): PoolStep => ({ do: 'remove', member, cause: `${wish.count} of ${wish.image} are wanted, no more` })));
    if (!wish.made) return [];
    const missing = Math.max(0, wish.count - there.length);
    return Array.from({ length: missing }, (): PoolStep => {
      const step: PoolStep = { do: 'create', wish, cause: `${wish.count} of ${wish.image} are wanted, there are ${there.length}` };
      // As much again stays for the next client.
      if (spare < 2 * wish.needsBytes) return { ...step, putOff: SHORT_OF_MEMORY };
      spare -= wish.needsBytes;
      return step;
    });
  });
  return [...first, ...creations, ...last, ...shrinking(wishes, [...counted.values()].flat(), [...first, ...last], options)];
}

/** Removals that give the host back what it is short of, beyond what goes anyway: no more than needed, the oldest first. */
function shrinking(wishes: readonly PoolWish[], staying: readonly Member[], going: readonly PoolStep[], { spareBytes = 0 }: PoolPlanOptions): PoolStep[] {
  const needsOf = (member: Member): number => wishes.find(({ image }) => image === member.image)?.needsBytes ?? 0;
  const leaving = new Set(going.flatMap((step) => (step.do === 'remove' ? [step.member] : [])));
  let missing = [...leaving].reduce((rest, member) => rest - needsOf(member), -spareBytes);
  return [...staying].sort(byAge).flatMap((member): PoolStep[] => {
    if (missing <= 0 || leaving.has(member)) return [];
    missing -= needsOf(member);
    return [{ do: 'remove', member, cause: SHORT_OF_MEMORY }];
  });
}

/** A step as a person reads it. */
export function poolStepWords(step: PoolStep): string {
  return step.do === 'create' ? `make a warm ${step.wish.image}: ${step.cause}${step.putOff === undefined ? '' : `; not now: ${step.putOff}`}` : `remove ${step.member.desktopId}: ${step.cause}`;
}

/** The oldest first: taken in this order, none gets old for nothing. */
export function byAge(a: Pick<Member, 'createdAt' | 'name'>, b: Pick<Member, 'createdAt' | 'name'>): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

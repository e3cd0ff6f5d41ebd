// Who gets a place where there is a bounded number of them, so that nobody can take them all: shares for each address, ticket,
// token or desktop, and who gives way when all places are taken. Pure: who holds what, and since when, comes as arguments.

/** One that has a place. */
export interface Holder {
  /** What it counts for, by the name of the share: `{ address: '192.0.2.1' }`. A share that it isn't named for doesn't bound it. */
  counts: Readonly<Record<string, string>>;
  /** Who gives way before others: lower numbers first. Absent: it keeps its place against all. */
  yields?: number | undefined;
  /** When it was heard last, in milliseconds of any clock. */
  heardAtMs: number;
}

export interface ShareLimits {
  /** All places. */
  most: number;
  /** How many of them one address, one ticket, … may hold. */
  shares: Readonly<Record<string, number>>;
}

/** Whether there is a place, and who has to leave for it; or which share is used up: `all` where no place is left. */
export type Admission<H> = { isAdmitted: true; evicts?: H } | { isAdmitted: false; full: string };

/** Decides on a newcomer. In a share that is used up the longest silent of its own gives way; where all places are taken, the longest silent of those that hold most. */
export function admit<H extends Holder>(holders: readonly H[], newcomer: Pick<Holder, 'counts'>, { most, shares }: ShareLimits): Admission<H> {
  for (const [name, bound] of Object.entries(shares)) {
    const key = newcomer.counts[name];
    if (key === undefined) continue;
    const own = holders.filter(({ counts }) => counts[name] === key);
    if (own.length < bound) continue;
    const evicts = firstToLeave(own, []);
    return evicts ? { isAdmitted: true, evicts } : { isAdmitted: false, full: name };
  }
  if (holders.length < most) return { isAdmitted: true };
  const evicts = firstToLeave(holders, Object.keys(shares));
  return evicts ? { isAdmitted: true, evicts } : { isAdmitted: false, full: 'all' };
}

/** Tells which keys of a share a newcomer may ask to leave: those that hold so many more than its own that both still differ afterwards, or the two would take turns for ever. */
export function fullerThan(holders: readonly Pick<Holder, 'counts'>[], name: string, newcomer: string | undefined): (key: string | undefined) => boolean {
  const held = new Map<string | undefined, number>();
  for (const { counts } of holders) held.set(counts[name], (held.get(counts[name]) ?? 0) + 1);
  const own = held.get(newcomer) ?? 0;
  return (key) => key !== undefined && key !== newcomer && (held.get(key) ?? 0) > own + 1;
}

/** The one that has to give way; undefined where nobody does. One pass: it is asked with each connection of a flood. */
function firstToLeave<H extends Holder>(holders: readonly H[], names: readonly string[]): H | undefined {
  const held = names.map((name) => {
    const counted = new Map<string | undefined, number>();
    for (const { counts } of holders) counted.set(counts[name], (counted.get(counts[name]) ?? 0) + 1);
    return { name, counted };
  });
  const heldMost = ({ counts }: H): number => held.reduce((most, { name, counted }) => (counts[name] === undefined ? most : Math.max(most, counted.get(counts[name]) ?? 0)), 0);
  let first: { holder: H; yields: number; most: number } | undefined;
  for (const holder of holders) {
    const { yields } = holder;
    if (yields === undefined || (first && yields > first.yields)) continue;
    const most = heldMost(holder);
    const isBefore = !first || yields < first.yields || most > first.most || (most === first.most && holder.heardAtMs < first.holder.heardAtMs);
    if (isBefore) first = { holder, yields, most };
  }
  return first?.holder;
}

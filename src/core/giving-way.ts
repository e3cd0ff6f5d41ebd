// Warm desktops give way where a client's desktop would find no memory or no port: the pool never starves people.
import type { Desktops } from './desktops.ts';
import type { CallOptions } from './engine.ts';
import { ownershipLabels } from './labels.ts';
import { membersIn } from './members.ts';
import { removeMember } from './pool-member.ts';
import { byAge, type Member } from './pool-plan.ts';
import type { Lack } from './start-place.ts';

/** Removes the warm desktop whose end helps; returns whether there was one that nobody had in hand. */
export async function giveWay(desktops: Desktops, lack: Pick<Lack, 'of' | 'bytes'>, signal: AbortSignal): Promise<boolean> {
  for (const member of await findGivingWay(desktops, lack, { signal })) {
    if ((await removeMember(desktops, member, signal)) === undefined) return true;
  }
  return false;
}

/** The warm desktops whose end would help, in the order in which they would go. */
export async function findGivingWay({ engine, store, installation, catalog }: Desktops, lack: Pick<Lack, 'of' | 'bytes'>, options?: CallOptions): Promise<Member[]> {
  const [containers, state] = await Promise.all([engine.containers.list({ labels: ownershipLabels(installation.instance) }, options), store.read()]);
  return whoGivesWay(membersIn(containers, state, installation.instance), lack, (image) => catalog.find(image)?.needsBytes ?? 0);
}

/** Those that hold what is lacking, the oldest first: it would be replaced soonest. None where all of them together would not help. Pure. */
export function whoGivesWay(members: readonly Member[], lack: Pick<Lack, 'of' | 'bytes'>, needsOf: (image: string) => number): Member[] {
  const holding = members.filter(({ state, hostPort }) => (lack.of === 'port' ? hostPort !== undefined : state === 'paused' || state === 'running'));
  const held = holding.reduce((total, { image }) => total + needsOf(image), 0);
  return lack.of === 'memory' && held < lack.bytes ? [] : holding.sort(byAge);
}

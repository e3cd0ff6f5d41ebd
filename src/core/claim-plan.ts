// Which warm desktops a client could get instead of a new one, and in words why none fits. Pure; taking one is claim.ts.
import type { ContainerSummary } from './engine.ts';
import { isMemberName } from './identity.ts';
import { membersIn } from './members.ts';
import { publishedAt } from './pool-facts.ts';
import { poolKey } from './pool-key.ts';
import { byAge, type Member } from './pool-plan.ts';
import type { UpObservation, UpQuestion } from './up-question.ts';

export interface WarmChoice {
  /** In the order in which they are to be tried; empty when none will do. */
  candidates: readonly Member[];
  why: string;
}

/** The warm desktops that can become what was asked. */
export function chooseWarm(containers: readonly ContainerSummary[], seen: UpObservation, question: UpQuestion): WarmChoice {
  const { name, spec, pool } = question;
  const none = (why: string): WarmChoice => ({ candidates: [], why });
  const ofImage = membersIn(containers, seen.state, question.instance).filter(({ image }) => image === spec.entry.key);
  if (ofImage.length === 0) return none(pool.wanted > 0 ? `the pool of ${spec.entry.key} is empty` : 'no warm desktops are kept of its image');
  if (pool.passesLeft === 0) return none('the warm desktops were taken by others meanwhile');
  if (!seen.image) return none('its image is not there');
  if (seen.isolation !== 'members') return none('each desktop needs a network of its own on this engine');
  const publishedOn = publishedAt(question.door, seen.network, question.bindAddress);
  const key = poolKey(spec, { ...pool.facts, imageId: seen.image.id, publishedOn });
  // A name that a member could have would make the claimed one look like a member for ever.
  const alike = ofImage.filter((member) => member.poolKey === key && !member.used && !isMemberName(name, member.desktopId));
  if (alike.length === 0) return none(`none of the ${ofImage.length} warm desktops can become what was asked: image, settings, limits or network differ`);
  const ready = alike.filter(({ state }) => state === 'paused');
  if (ready.length === 0) return none('the warm desktops that fit are not ready yet');
  // First those that need no change at all.
  const same = (member: Member): number => Number(member.specHash !== spec.hash);
  return { candidates: ready.sort((a, b) => same(a) - same(b) || byAge(a, b)), why: 'a warm desktop that fits was ready' };
}

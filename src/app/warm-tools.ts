// The part of the composition root that warm desktops need: who has one in hand, and how a running one is changed. Everything here
// is loaded when a warm desktop is really there.
import type { WarmTools } from '../core/desktops.ts';
import type { Engine } from '../core/engine.ts';
import type { MemberLocks } from '../core/member-locks.ts';
import { VncctlError } from '../errors.ts';

/** For the instance's warm desktops on that engine. */
export function warmTools(engine: Engine, instance: string): WarmTools {
  let locks: Promise<MemberLocks> | undefined;
  return {
    locks: { tryTake: async (subject) => (await (locks ??= locksOn(engine, instance))).tryTake(subject) },
    openPage: async () => {
      throw new VncctlError('CLAIM_REFUSED', 'no image takes another page');
    },
    resizeScreen: async () => {
      throw new VncctlError('CLAIM_REFUSED', 'no image takes another size');
    },
  };
}

// An engine on this host is driven from this host; others may be driven from several.
async function locksOn(engine: Engine, instance: string): Promise<MemberLocks> {
  if (engine.capabilities.local && process.platform === 'linux') return (await import('../engine/member-locks.ts')).socketLocks;
  return (await import('../core/member-locks.ts')).markerLocks(engine, instance);
}

// The part of the composition root for collaborators that most commands never ask anything: each is loaded when it is. How far a
// desktop is, who has a warm one in hand, and how one is changed while it runs.
import type { Clock } from '../core/clock.ts';
import type { WarmTools } from '../core/desktops.ts';
import type { Engine } from '../core/engine.ts';
import type { MemberLocks } from '../core/member-locks.ts';
import type { DesktopProbe } from '../core/readiness.ts';

/** The protocol code is loaded when something is really waited for. */
export function lazyProbe(clock: Clock): DesktopProbe {
  let probe: Promise<DesktopProbe> | undefined;
  const load = async (): Promise<DesktopProbe> => (await import('../rfb/readiness.ts')).createProbe({ clock });
  return { waitFor: async (...asked) => (await (probe ??= load())).waitFor(...asked) };
}

/** For the instance's warm desktops on that engine. */
export function warmTools(engine: Engine, instance: string): WarmTools {
  let locks: Promise<MemberLocks> | undefined;
  return {
    locks: { tryTake: async (subject) => (await (locks ??= locksOn(engine, instance))).tryTake(subject) },
    openPage: async (...asked) => (await import('../claim/open-page.ts')).openPage(...asked),
    resizeScreen: async (...asked) => (await import('../rfb/resize-screen.ts')).resizeScreen(...asked),
  };
}

// An engine on this host is driven from this host; others may be driven from several.
async function locksOn(engine: Engine, instance: string): Promise<MemberLocks> {
  if (engine.capabilities.local && process.platform === 'linux') return (await import('../engine/member-locks.ts')).socketLocks;
  return (await import('../core/member-locks.ts')).markerLocks(engine, instance);
}

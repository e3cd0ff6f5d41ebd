// Whether the daemon does its work, judged from what it knows of itself. What is answered names no client and no container.

/** What the daemon knows of itself. Moments are of the clock that never jumps. */
export interface HealthFacts {
  /** When the last look at all desktops ended well; undefined before the first. */
  lookedAtMs: number | undefined;
  engineReachable: boolean;
  /** How old the last look may be. */
  maxAgeMs: number;
  /** What is watched, by name: numbers only. */
  counts: Readonly<Record<string, number>>;
}

export type Readiness = { ready: true; counts: Readonly<Record<string, number>> } | { ready: false; reason: string };

/** Ready, or the first reason why not. */
export function judgeReadiness({ lookedAtMs, engineReachable, maxAgeMs, counts }: HealthFacts, nowMs: number): Readiness {
  if (!engineReachable) return { ready: false, reason: 'the engine is not reachable' };
  if (lookedAtMs === undefined) return { ready: false, reason: 'the first look at the desktops is not done' };
  const ageMs = nowMs - lookedAtMs;
  if (ageMs > maxAgeMs) return { ready: false, reason: `the last look at the desktops was ${Math.round(ageMs / 1000)} s ago` };
  return { ready: true, counts };
}

// Which desktop's end would help most where there is no room for another one: the one that nobody has used for longest.
import type { Desktop } from './desktop.ts';
import { titleOf } from './desktops.ts';
import { formatDuration } from './duration.ts';

/** What a failure says of it. */
export interface LongestIdle {
  name: string;
  /** How long, in words. */
  idle: string;
}

/** Of those; undefined where there are none. */
export function longestIdle(all: readonly Desktop[], now: Date): LongestIdle | undefined {
  const usedAt = (desktop: Desktop): string => desktop.lastUsedAt ?? desktop.createdAt;
  const [first] = [...all].sort((a, b) => usedAt(a).localeCompare(usedAt(b)));
  return first && { name: titleOf(first), idle: `not used for ${formatDuration(now.getTime() - Date.parse(usedAt(first)))}` };
}

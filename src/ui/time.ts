// Times for people. JSON holds RFC 3339 as it is stored.

const STEPS = [
  ['y', 365 * 86_400],
  ['mo', 30 * 86_400],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** How long ago, in one unit: `12s ago`, `3m ago`, `2h ago`, `5d ago`; `in 3m` for what is to come, `now` within a second, `unknown` for what is no time. */
export function relativeTime(time: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - Date.parse(time)) / 1000);
  if (!Number.isFinite(seconds)) return 'unknown';
  const distance = Math.abs(seconds);
  for (const [unit, size] of STEPS) {
    if (distance < size) continue;
    const amount = `${Math.floor(distance / size)}${unit}`;
    // Clocks of two machines differ by a second or so: that is no future.
    return seconds > 0 ? `${amount} ago` : distance <= 2 ? 'now' : `in ${amount}`;
  }
  return 'now';
}

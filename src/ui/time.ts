// Times for people. JSON holds RFC 3339 as it is stored.
import { formatDuration } from '../core/duration.ts';

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

/** How far off a moment is, to the second below an hour and to the minute above: `in 1h55m`, `in 42s`; `now` when it has come. */
export function timeLeft(time: string, now: Date): string {
  const leftMs = Date.parse(time) - now.getTime();
  // Seconds tell nothing about what is hours off.
  const unitMs = leftMs < 3_600_000 ? 1000 : 60_000;
  const left = Math.round(leftMs / unitMs) * unitMs;
  return left <= 0 ? 'now' : `in ${formatDuration(left)}`;
}

/** A moment to come by the clock of this machine, and how far off it is: `18:00 (in 3h12m)`; with its date when it is a day off or more. */
export function momentText(time: string, now: Date): string {
  const at = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  const date = at.getTime() - now.getTime() < 86_400_000 ? '' : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  return `${date}${two(at.getHours())}:${two(at.getMinutes())} (${timeLeft(time, now)})`;
}

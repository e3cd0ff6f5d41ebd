// What a program and all that it has started use together, as Linux tells of it in /proc.
import { readdirSync, readFileSync } from 'node:fs';

// Of USER_HZ, in which Linux counts for whoever reads /proc.
const TICK_MS = 10;

/** CPU time so far in milliseconds: of the process, of its descendants that live, and of those that ended and were waited for. */
export function treeCpuMs(root: number): number {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The name of the program comes first and may hold anything.
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').map(Number);
      const [, parent = 0] = fields;
      parents.set(Number(name), parent);
      used.set(Number(name), fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) * TICK_MS);
    } catch {
      // It ended while we looked.
    }
  }
  const isOfTree = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isOfTree(parents.get(pid)));
  return [...used].filter(([pid]) => isOfTree(pid)).reduce((sum, [, ms]) => sum + ms, 0);
}

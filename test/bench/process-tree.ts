// What a program and all that it has started use together, as Linux tells of it in /proc.
import { readdirSync, readFileSync } from 'node:fs';

// Of USER_HZ, in which Linux counts for whoever reads /proc.
const TICK_MS = 10;

/** CPU time so far in milliseconds: of the process, of its descendants that live, and of those that ended and were waited for. */
export function treeCpuMs(root: number): number {
  return treeOf(root).reduce((sum, { stat }) => sum + stat.slice(11, 15).reduce((own, ticks) => own + ticks, 0) * TICK_MS, 0);
}

/** Memory in thousands of bytes; what several processes share is counted once. */
export function treeMemoryKB(root: number): number {
  return treeOf(root).reduce((sum, { pid }) => sum + (Number(/^Pss:\s+(\d+) kB/m.exec(read(pid, 'smaps_rollup') ?? '')?.[1] ?? 0) * 1024) / 1000, 0);
}

interface Process {
  pid: number;
  /** The fields of `stat` that follow the name. */
  stat: number[];
}

function treeOf(root: number): Process[] {
  const all = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? read(Number(name), 'stat') : undefined;
    // The name of the program comes first and may hold anything.
    if (stat !== undefined) all.set(Number(name), { pid: Number(name), stat: stat.replace(/^.*\) /s, '').split(' ').map(Number) });
  }
  const isOfTree = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isOfTree(all.get(pid)?.stat[1]));
  return [...all.values()].filter(({ pid }) => isOfTree(pid));
}

/** Undefined when it ended while we looked. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

// This process among the others of the host: whose marks and promises still stand.
import { readFileSync } from 'node:fs';
import type { ProcessIdentities } from '../core/desktops.ts';

/** The real process table. */
export const ownProcesses: ProcessIdentities = {
  pid: process.pid,
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // Somebody else's process is alive all the same.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
  startOf(pid) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name comes second, in parentheses, and may hold anything; the rest begins with the third field (proc(5)).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [state, ticks] = [fields[0], Number(fields[19])];
      // What waits for its parent to take note of its end has ended.
      if (state === 'Z' || state === 'X' || !Number.isInteger(ticks)) return undefined;
      return { bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), ticks };
    } catch {
      return undefined;
    }
  },
};

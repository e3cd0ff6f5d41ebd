// This process among the others of the host: whose marks and promises still stand.
import type { ProcessTable } from '../core/desktops.ts';

/** The real process table. */
export const ownProcesses: ProcessTable = {
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
};

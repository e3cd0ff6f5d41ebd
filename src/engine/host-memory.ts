// How much memory of this host is free, as Linux estimates it.
import { readFile } from 'node:fs/promises';
import type { HostMemory } from '../core/host-memory.ts';

/** Reads what the kernel tells; unknown on other systems. */
export const hostMemory: HostMemory = memoryIn((path) => readFile(path, 'utf8'));

/** The same with the files of some other place. */
export function memoryIn(readText: (path: string) => Promise<string>): HostMemory {
  return {
    async availableBytes() {
      const text = await readText('/proc/meminfo').catch(() => '');
      const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(text) ?? [];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    },
  };
}

// How long this machine has been up and which of its boots this is: what tells a sleep and a clock that was set from time gone by.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { BootClock } from '../core/gap.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** The machine's clock since its boot. Where the system gives a boot no id (not Linux), each process counts as one of its own. */
export function hostBootClock(readText: (path: string) => string = (path) => readFileSync(path, 'utf8')): BootClock {
  return { id: bootId(readText), ms: () => uptime() * 1000 };
}

function bootId(readText: (path: string) => string): string {
  try {
    return readText(BOOT_ID).trim();
  } catch {
    return `process-${randomUUID()}`;
  }
}

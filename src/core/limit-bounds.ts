// What limits a desktop can be given at all: what engines take at least, and what the host has. Checked before anything is touched.
import { VncctlError } from '../errors.ts';
import { formatBytes } from './size.ts';

/** Of a processor: engines take no less. */
export const LEAST_CPUS = 0.01;
/** Of memory, in bytes: engines take no less. */
export const LEAST_MEMORY_BYTES = 6 * 1024 ** 2;
/** Of shared memory, in bytes: a page of the host at least. */
export const LEAST_SHM_BYTES = 64 * 1024;

/** Of what a desktop may write to the disk, in bytes: a browser writes some mebibytes with its start. */
export const LEAST_DISK_BYTES = 16 * 1024 ** 2;

/** What the host has. */
export interface HostLimits {
  cpus: number;
  memoryBytes: number;
}

/** Throws USAGE with the bound for a wish that the host can't fulfil. */
export function checkHostLimits({ cpus, memoryBytes }: { cpus?: number; memoryBytes?: number }, host: HostLimits): void {
  if (cpus !== undefined && cpus > host.cpus) {
    throw new VncctlError('USAGE', `cpus: ${cpus} are more than this host has, which is ${host.cpus}`, { hint: `ask for ${host.cpus} at most` });
  }
  if (memoryBytes !== undefined && memoryBytes > host.memoryBytes) {
    throw new VncctlError('USAGE', `memory: ${formatBytes(memoryBytes)} are more than this host has, which is ${formatBytes(host.memoryBytes)}`, { hint: `ask for ${formatBytes(host.memoryBytes)} at most` });
  }
}

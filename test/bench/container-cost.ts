// What a container of this machine has used, as its control groups tell: of version 1, or of the one version 2.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** CPU time so far, of all its processes that are or were; by the number of one of them. */
export function cpuMsOf(pid: number): number {
  const old = join(groupOf(pid, 'cpuacct'), 'cpuacct.usage');
  if (existsSync(old)) return Number(readFileSync(old, 'utf8')) / 1e6;
  return Number(/^usage_usec (\d+)/m.exec(readFileSync(join(groupOf(pid, ''), 'cpu.stat'), 'utf8'))?.[1]) / 1e3;
}

/** Memory of all its processes now, in millions of bytes; what they share with others counts by its share (PSS). */
export function memoryMBOf(pid: number): number {
  const group = existsSync(join(ROOT, 'cpuacct')) ? groupOf(pid, 'cpuacct') : groupOf(pid, '');
  const members = readFileSync(join(group, 'cgroup.procs'), 'utf8').trim().split('\n');
  return (members.reduce((sum, member) => sum + proportionalKB(member), 0) * 1024) / 1e6;
}

function proportionalKB(pid: string): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // It ended while we looked.
  }
}

function groupOf(pid: number, controller: string): string {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== undefined && (controller === '' ? controllers === '' : controllers.split(',').includes(controller))) return join(ROOT, controller, path);
  }
  return join(ROOT, controller);
}

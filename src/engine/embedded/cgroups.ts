// Empty control groups that containers of a killed engine leave in the kernel until the next boot.
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedPaths } from './paths.ts';

/** Removes the control groups of this engine's containers that no process is in. `root` is where the kernel shows them. */
export function removeCgroups(paths: EmbeddedPaths, root = '/sys/fs/cgroup'): void {
  const containers = list(join(paths.data, 'containers')).filter((name) => /^[0-9a-f]{64}$/.test(name));
  if (containers.length === 0) return;
  // Version 1 has a hierarchy a controller below the root, version 2 is the root itself.
  for (const hierarchy of [root, ...list(root).map((name) => join(root, name))]) {
    for (const id of containers) {
      for (const group of [join(hierarchy, 'docker', id), join(hierarchy, 'system.slice', `docker-${id}.scope`)]) removeTree(group);
    }
  }
}

// A control group is removed as a folder; the files in it go with it and can't be removed before.
function removeTree(group: string): void {
  for (const child of list(group)) removeTree(join(group, child));
  try {
    rmdirSync(group);
  } catch {
    // Not there, or in use: then it isn't ours to remove.
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

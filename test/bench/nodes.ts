// The versions of Node to measure with: the one that runs this, and Node 24 from the npm package `node`, put beside the
// measurements on first use (it is no dependency of the project).
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './timing.ts';

export interface NodeProgram {
  path: string;
  /** As in `v24.1.0`. */
  version: string;
}

/** This Node and, unless it is one already, Node 24. Says so on stderr when that can't be had. */
export async function findNodes(folder: string): Promise<NodeProgram[]> {
  const own = { path: process.execPath, version: process.version };
  if (own.version.startsWith('v24.')) return [own];
  try {
    return [own, await node24(join(folder, 'node-24'))];
  } catch (error) {
    process.stderr.write(`!! NOT MEASURED with Node 24, which npm could not bring: ${(error as Error).message}\n`);
    return [own];
  }
}

async function node24(folder: string): Promise<NodeProgram> {
  const path = join(folder, 'node_modules/node/bin/node');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    process.stderr.write('installing Node 24 for the measurements (npm install node@24)\n');
    await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', 'node@24'], process.env);
  }
  const { stdout } = await run(path, ['--version'], process.env);
  return { path, version: stdout };
}

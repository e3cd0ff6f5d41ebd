// What bin/vncctl.js runs. Answers `--version` by itself, so that it costs little more than starting Node, and lets Node keep
// the compiled code of the rest.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathsOf } from './store/paths.ts';
import { asksForVersion, VERSION } from './version.ts';

/** Runs one command line on this process. Resolves with the exit code and throws nothing. */
export async function start(argv: readonly string[]): Promise<number> {
  if (asksForVersion(argv)) {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  keepCompiledCode(join(pathsOf(process.env, homedir()).cache, 'compiled'));
  const { main } = await import('./main.ts');
  return main(argv);
}

/** On Node 22 and later. Where the folder can't be written, Node goes on without it. */
function keepCompiledCode(folder: string): void {
  const { enableCompileCache } = process.getBuiltinModule('node:module') as { enableCompileCache?: (folder: string) => unknown };
  enableCompileCache?.(folder);
}

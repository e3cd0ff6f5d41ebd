// How long a program takes, from its start to its end with all of its output read.
import { spawn } from 'node:child_process';

export interface Ran {
  ms: number;
  stdout: string;
  stderr: string;
}

/** Runs a program with its output in pipes. Rejects, with what it said, when it ends with another code than 0. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input?: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const ms = performance.now() - started;
      if (code === 0) resolve({ ms, stdout: stdout.trim(), stderr: stderr.trim() });
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`));
    });
    child.stdin.end(input);
  });
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

// Opening a link in the person's browser, where there is one. Never blocks; the only importer of open.
import { spawn } from 'node:child_process';
import type { Io } from './io.ts';

/** Whether and how a browser would be opened: not over ssh, not without a display, unless $BROWSER says how. */
export function browserOpener({ env }: Pick<Io, 'env'>): { opens: boolean; how: string } {
  if (env['BROWSER']) return { opens: true, how: `$BROWSER (${env['BROWSER']})` };
  if (env['SSH_CONNECTION'] || env['SSH_TTY']) return { opens: false, how: 'this is a session over ssh' };
  if (process.platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return { opens: false, how: 'there is no display' };
  return { opens: true, how: "the system's default browser" };
}

/** Whether a command should open a browser by itself: only for a person at a terminal who has one. */
export function opensBrowser(io: Io): boolean {
  return io.stdout.isTTY === true && browserOpener(io).opens;
}

/** Starts the browser and returns at once; one that can't be started draws a line on stderr, since the link is printed anyway. */
export async function openBrowser(io: Io, url: string): Promise<void> {
  const chosen = io.env['BROWSER'];
  try {
    if (chosen) await startDetached(chosen, url);
    else (await (await import('open')).default(url)).unref();
  } catch (error) {
    io.stderr.write(`note: the browser could not be started: ${(error as Error).message}\n`);
  }
}

// $BROWSER may list several separated by colons, each with arguments; "%s" stands for the link (as xdg-open and Python read it).
async function startDetached(browser: string, url: string): Promise<void> {
  const [first = ''] = browser.split(':');
  const words = first.split(/\s+/).filter((word) => word !== '');
  const filled = words.map((word) => word.replaceAll('%s', url));
  const [program = '', ...args] = words.some((word) => word.includes('%s')) ? filled : [...filled, url];
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
}

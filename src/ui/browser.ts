// Opening a link in the person's browser: whether it makes sense here, and how. The only importer of the package open.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isTerminal, type Streams } from './streams.ts';

type Surroundings = Pick<Streams, 'env'>;

/** How a link would be opened here, or why it would not: `how` completes "opens with …" and "only printed: …". */
export function browserOpener({ env }: Surroundings, platform: NodeJS.Platform = process.platform): { opens: boolean; how: string } {
  const own = env['BROWSER']?.trim();
  if (own === 'none' || own === 'false') return { opens: false, how: `$BROWSER is ${own}` };
  // Somebody who names a browser has one that works where they are, over ssh too.
  if (own) return { opens: true, how: `$BROWSER (${own})` };
  if (env['SSH_CONNECTION'] || env['SSH_TTY']) return { opens: false, how: 'this is an ssh session' };
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return { opens: false, how: 'there is no display' };
  return { opens: true, how: 'the default browser' };
}

/** Whether links are to be opened in this run: a person at a terminal, and a browser within reach. */
export function opensBrowser(io: Streams): boolean {
  return isTerminal(io.stdout) && browserOpener(io).opens;
}

/** Opens a link and returns as soon as the browser was started. A failure is a note on stderr: the link was printed anyway. */
export async function openBrowser(io: Streams, url: string): Promise<void> {
  try {
    const own = io.env['BROWSER']?.trim();
    if (own) return await startOwn(own, url, io.env);
    const { default: open } = await import('open');
    const child = await open(url);
    child.on('error', () => {});
  } catch (error) {
    io.stderr.write(`note: no browser could be started (${(error as NodeJS.ErrnoException).code ?? (error as Error).message.split('\n')[0]}); open the link yourself\n`);
  }
}

/** The command for `url` by the custom of $BROWSER: the first of a list set apart by colons, `%s` for the link or the link at the end. */
export function browserCommand(browser: string, url: string): [string, ...string[]] {
  const [command = '', ...words] = (browser.split(':')[0] ?? '').trim().split(/\s+/);
  return words.some((word) => word.includes('%s')) ? [command, ...words.map((word) => word.replaceAll('%s', url))] : [command, ...words, url];
}

async function startOwn(browser: string, url: string, env: Streams['env']): Promise<void> {
  const [command, ...args] = browserCommand(browser, url);
  const child = spawn(command, args, { detached: true, stdio: 'ignore', env: { ...env } });
  await once(child, 'spawn');
  child.on('error', () => {});
  child.unref();
}

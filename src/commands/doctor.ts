// `vncctl doctor`: every check on a line, with what to type where one is not ok.
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import type { Command } from 'commander';
import type { TrialService } from '../core/host-check.ts';
import { type CheckResult, type CheckState, runChecks } from '../core/checks.ts';
import { browserOpener } from '../ui/browser.ts';
import { writeJson } from '../ui/json.ts';
import { paint } from '../ui/paint.ts';
import type { CommandContext } from './context.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description('Check the engine, the image, the ports, the network, the disk, the memory and the store. Exit code 6 when a check failed.')
    .option('--json', 'print the checks as a JSON array')
    .action(async (flags: { json?: boolean }) => {
      const app = context.app();
      const results = await runChecks({
        engine: app.engine,
        desktops: app.desktops,
        images: app.images,
        image: app.settings.image,
        endpointSource: async () => (await app.endpoint()).source,
        freeBytes,
        browser: () => browserOpener(context.io),
        listen: trialService,
        stateFolder: app.paths.state,
        daemon: () => app.daemon(),
        signal: context.signal,
      });
      if (flags.json) writeJson(context.io, results);
      else await print(context, results);
      if (results.some(({ state }) => state === 'failed')) context.setExitCode(6);
    });
}

async function trialService(): Promise<TrialService> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

const MARKS: Readonly<Record<CheckState, { word: string; colour: 'green' | 'yellow' | 'red' }>> = {
  ok: { word: 'ok', colour: 'green' },
  warning: { word: 'warning', colour: 'yellow' },
  failed: { word: 'failed', colour: 'red' },
};

async function print({ io }: CommandContext, results: readonly CheckResult[]): Promise<void> {
  const width = Math.max(...results.map(({ name }) => name.length));
  for (const { name, state, message, hint } of results) {
    const { word, colour } = MARKS[state];
    io.stdout.write(`${await paint(io, colour, word.padEnd(7))}  ${name.padEnd(width)}  ${message}\n`);
    if (hint) io.stdout.write(`${' '.repeat(9 + width)}  hint: ${hint}\n`);
  }
}

async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

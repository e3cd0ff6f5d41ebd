// `vncctl version`: of the program, and of the engine where one answers.
import type { Command } from 'commander';
import { describeError } from '../ui/error.ts';
import { writeJson } from '../ui/json.ts';
import { writeFields } from '../ui/table.ts';
import type { CommandContext } from './context.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description('Show the versions of vncctl, Node and the engine. An engine that does not answer is no failure here.')
    .option('--json', 'print it as JSON')
    .action(async (flags: { json?: boolean }) => {
      const app = context.app();
      const engine = await describeEngine(context);
      if (flags.json) return writeJson(context.io, { vncctl: app.version, node: process.versions.node, engine });
      writeFields(context.io, [
        ['vncctl', app.version],
        ['node', process.versions.node],
        ...('error' in engine
          ? ([['engine', `${engine.endpoint ?? 'none found'}: ${engine.error.message}`]] as [string, string][])
          : ([
              ['engine', `${engine.kind} ${engine.version} (API ${engine.apiVersion}) on ${engine.os}, ${engine.architecture}`],
              ['endpoint', `${engine.endpoint} (${engine.source})`],
            ] as [string, string][])),
      ]);
    });
}

async function describeEngine(context: CommandContext) {
  const app = context.app();
  let endpoint: string | undefined;
  try {
    const found = await app.endpoint();
    endpoint = found.address;
    const { kind, version, apiVersion, os, architecture } = await (await app.engine()).describe({ signal: context.signal, deadlineMs: 5000 });
    return { endpoint, source: found.source, kind, version, apiVersion, os, architecture };
  } catch (error) {
    context.signal.throwIfAborted();
    return { endpoint: endpoint ?? null, error: describeError(error) };
  }
}

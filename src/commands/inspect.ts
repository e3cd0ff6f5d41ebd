// `vncctl inspect`: everything about one desktop. The secret only when asked for.
import type { Command } from 'commander';
import { formatClientId } from '../core/client-id.ts';
import { linkUrl, pageUrl, secretOf } from '../core/desktops.ts';
import { inspectDesktop } from '../core/inspect.ts';
import { leaseOf } from '../core/lease-of.ts';
import { describeLease } from '../core/lease-words.ts';
import { getDesktop } from '../core/list.ts';
import { formatBytes } from '../core/size.ts';
import { writeJson } from '../ui/json.ts';
import { writeFields } from '../ui/table.ts';
import { relativeTime } from '../ui/time.ts';
import { readClient } from './client.ts';
import type { CommandContext } from './context.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .description('Show everything about a desktop, also one that is stopped or lost.')
    .argument('<client>', 'CPF of the client, like 111.222.333-44')
    .option('--secret', 'show the key to the screen and the link to its own port that holds it')
    .option('--json', 'print it as JSON')
    .action((typed: string, flags: { secret?: boolean; json?: boolean }) => run(context, typed, flags));
}

async function run(context: CommandContext, typed: string, flags: { secret?: boolean; json?: boolean }): Promise<void> {
  const { io } = context;
  const app = context.app();
  const desktops = await app.desktops();
  const client = readClient(context, typed);
  const desktop = await getDesktop(desktops, client);
  const { facts: known, container } = await inspectDesktop(desktops, desktop, client);
  const page = pageUrl(desktops, desktop);
  const secret = container && secretOf(desktops, desktop.image, container);
  const facts = { ...known, ...(flags.secret ? { secret: secret ?? null, link: page ? linkUrl(page, secret) : null } : {}) };
  if (flags.json) return writeJson(io, facts);
  const now = app.clock.now();
  const ago = (time: string | null): string | undefined => (time === null ? undefined : `${time} (${relativeTime(time, now)})`);
  writeFields(io, [
    ['client', formatClientId(client)],
    ['desktop', facts.id],
    ['status', facts.exitCode === null ? facts.status : `${facts.status} (exit code ${facts.exitCode})`],
    ['image', facts.image],
    ['url', facts.url ?? 'none'],
    ['container', facts.container ? `${facts.container.name} (${facts.container.id.slice(0, 12)})` : 'none: it was removed by somebody else'],
    ['address', facts.container?.address ?? undefined],
    ['limits', facts.limits ? `${facts.limits.cpus} cpus, ${formatBytes(facts.limits.memoryBytes)} memory` : undefined],
    ...Object.entries(facts.settings).map(([name, value]): [string, string] => ['setting', `${name}=${value}`]),
    ['created', ago(facts.createdAt)],
    ['started', ago(facts.startedAt)],
    ['ended', facts.exitCode === null ? undefined : ago(facts.finishedAt)],
    ['last used', ago(facts.lastUsedAt) ?? 'unknown'],
    ['lease', describeLease(leaseOf(desktops, desktop))],
    ['expires', facts.expiresAt === null ? facts.why : `${ago(facts.expiresAt)}: ${facts.why}`],
    ...(flags.secret ? ([['link', facts.link ?? 'none'], ['secret', facts.secret ?? 'none']] as [string, string][]) : []),
  ]);
}

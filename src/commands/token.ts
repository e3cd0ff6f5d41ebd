// `vncctl token`: the tokens by which programs use the API over the network; made, listed and taken back here and nowhere else.
import { type Command, Option } from 'commander';
import { LIMIT_FORM, parseLimit } from '../core/duration.ts';
import { createToken, liveTokens, revokeToken, SCOPES, type Scope, type Token } from '../core/tokens.ts';
import { VncctlError } from '../errors.ts';
import { writeJson } from '../ui/json.ts';
import { writeTable } from '../ui/table.ts';
import { momentText, relativeTime } from '../ui/time.ts';
import type { CommandContext } from './context.ts';
import { withExamples } from './help.ts';

interface CreateFlags {
  name: string;
  scope: Scope;
  for: string;
  json?: boolean;
}

const DEFAULT_LENGTH = '90d';
const LONGEST_NAME = 100;

export function define(command: Command, context: CommandContext): void {
  command.description(
    withExamples(
      "The tokens by which programs use the daemon's API over the network. On this machine its Unix socket needs none.",
      'vncctl token create --scope operate --name front-desk',
      'vncctl token ls',
      'vncctl token revoke 5f0c9a1d22',
    ),
  );
  command
    .command('create')
    .summary('make a token and print it')
    .description(
      withExamples(
        'Make a token and print it: it is shown this once and kept nowhere. read looks, operate makes, shares and removes desktops, admin does everything. Treat it like a password.',
        'vncctl token create --scope operate --name front-desk',
        'vncctl token create --for 1h',
      ),
    )
    .addOption(new Option('--scope <scope>', 'what it allows').choices(SCOPES).default('read'))
    .option('--name <text>', 'what it is for, to know it again in the list', '')
    .option('--for <duration>', 'how long it counts, like 1h or 90d; or never, for no end', DEFAULT_LENGTH)
    .option('--json', 'print it as JSON')
    .action((flags: CreateFlags) => create(context, flags));
  command
    .command('ls')
    .alias('list')
    .summary('list the tokens that count')
    .description('List the tokens that count. The tokens themselves are kept nowhere.')
    .option('-q, --quiet', 'only the ids')
    .option('--json', 'print a JSON array; times are RFC 3339')
    .action((flags: { quiet?: boolean; json?: boolean }) => list(context, flags));
  command
    .command('revoke')
    .summary('take a token back')
    .description('Take a token back: from then on it allows nothing.')
    .argument('<id>', 'id of the token, as `vncctl token ls` shows it')
    .option('--json', 'print what was taken back as JSON')
    .action((id: string, flags: { json?: boolean }) => revoke(context, id, flags));
}

async function create({ app, io }: CommandContext, flags: CreateFlags): Promise<void> {
  const life = parseLimit(flags.for);
  if (life === undefined) throw new VncctlError('USAGE', `--for: "${flags.for}" is not ${LIMIT_FORM}`, { hint: 'see: vncctl token create --help' });
  const name = flags.name.trim();
  if (name.length > LONGEST_NAME) throw new VncctlError('USAGE', `--name is longer than ${LONGEST_NAME} characters`, { hint: 'see: vncctl token create --help' });
  const now = app().clock.now();
  const { token, secret } = await createToken(await app().tokens(), { name, scope: flags.scope, life }, now);
  if (flags.json) return writeJson(io, { ...rowOf(token), token: secret });
  io.stdout.write(`${secret}\n`);
  io.stderr.write(`token ${token.id}, ${token.scope}, ${token.expiresAt === undefined ? 'without end' : `until ${momentText(token.expiresAt, now)}`}\n`);
}

async function list({ app, io }: CommandContext, flags: { quiet?: boolean; json?: boolean }): Promise<void> {
  const now = app().clock.now();
  const tokens = liveTokens(await (await app().tokens()).read(), now);
  if (flags.quiet) {
    for (const { id } of tokens) io.stdout.write(`${id}\n`);
    return;
  }
  if (flags.json) return writeJson(io, tokens.map(rowOf));
  await writeTable(io, {
    headers: true,
    columns: [{ heading: 'ID' }, { heading: 'NAME', shrinks: true }, { heading: 'SCOPE' }, { heading: 'CREATED', drops: 1 }, { heading: 'EXPIRES' }],
    rows: tokens.map(({ id, name, scope, createdAt, expiresAt }) => [id, name === '' ? '-' : name, scope, relativeTime(createdAt, now), expiresAt === undefined ? 'never' : relativeTime(expiresAt, now)]),
  });
}

async function revoke({ app, io }: CommandContext, id: string, flags: { json?: boolean }): Promise<void> {
  const revoked = await revokeToken(await app().tokens(), id, app().clock.now());
  if (flags.json) return writeJson(io, rowOf(revoked));
  io.stdout.write(`revoked ${revoked.id}\n`);
}

function rowOf({ id, name, scope, createdAt, expiresAt }: Token): Record<string, unknown> {
  return { id, name, scope, createdAt, expiresAt: expiresAt ?? null };
}

// The `<client>` argument: parsed by the policy of the settings, with its warning on stderr.
import { type ClientId, parseClientId } from '../core/client-id.ts';
import type { CommandContext } from './context.ts';

/** The client a person typed. BAD_CLIENT_ID; a suspicious one draws one line on stderr. */
export function readClient(context: CommandContext, typed: string): ClientId {
  const { id, warning } = parseClientId(typed, context.app().settings.clientIds);
  if (warning) context.io.stderr.write(`warning: ${warning}\n`);
  return id;
}

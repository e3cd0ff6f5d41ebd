// Whom a request names: a client by id, or a desktop by either id.
import { type ClientId, maskClientId, parseClientId } from '../core/client-id.ts';
import type { Desktop } from '../core/desktop.ts';
import type { Desktops } from '../core/desktops.ts';
import type { CallOptions } from '../core/engine.ts';
import { clientNamed, desktopNotFound, findNamed, listDesktops } from '../core/list.ts';
import type { ApiParts } from './parts.ts';

/** The client of a spelling. BAD_CLIENT_ID; `warning` is set when it looks mistyped. */
export function readClient({ settings }: Pick<ApiParts, 'settings'>, text: string): { id: ClientId; warning?: string } {
  return parseClientId(text, settings().clientIds);
}

/** The desktop that a word of a request names. DESKTOP_NOT_FOUND when there is none, BAD_CLIENT_ID for what is no id. */
export async function getNamed(parts: Pick<ApiParts, 'settings'>, desktops: Desktops, word: string, options?: CallOptions): Promise<Desktop> {
  const found = findNamed(await listDesktops(desktops, options), word, desktops, (text) => readClient(parts, text).id);
  if (!found.desktop) throw desktopNotFound(found.client);
  return found.desktop;
}

/** The client that such a word names, whether they have a desktop or not. DESKTOP_NOT_FOUND when nobody knows whose it is, BAD_CLIENT_ID for what is no id. */
export async function getNamedClient(parts: Pick<ApiParts, 'settings'>, desktops: Desktops, word: string, options?: CallOptions): Promise<ClientId> {
  return clientNamed(await listDesktops(desktops, options), word, desktops, (text) => readClient(parts, text).id);
}

/** A client id as answers spell it. */
export function spelled({ settings }: Pick<ApiParts, 'settings'>, client: string | undefined): string | undefined {
  return client !== undefined && settings().mask ? maskClientId(client) : client;
}

// Desktops that a verb makes for a while and throws away: of clients that are nobody. What a killed process left is removed by the next.
import { benchPidOf, type ClientId } from './client-id.ts';
import type { Desktops } from './desktops.ts';
import { listDesktops } from './list.ts';
import { removeDesktops } from './remove.ts';

/** Whether a client is that of a process that has ended and could not clean up. */
export function isLeftBehind({ processes }: Desktops): (client: ClientId) => boolean {
  return (client) => {
    const pid = benchPidOf(client);
    return pid !== undefined && !processes.isAlive(pid);
  };
}

/** Removes the desktops of these clients. Takes no signal: also what is interrupted is cleaned up. */
export async function removeThrowAways(desktops: Desktops, isMeant: (client: ClientId) => boolean, cause: string): Promise<void> {
  const meant = (await listDesktops(desktops)).filter(({ client }) => client !== undefined && isMeant(client));
  if (meant.length > 0) await removeDesktops(desktops, meant, { signal: new AbortController().signal, cause });
}

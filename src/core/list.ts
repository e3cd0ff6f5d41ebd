// Reading desktops: all of an instance in one engine call, or one of them by what a person typed.
import { VncctlError } from '../errors.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import { type Desktop, deriveDesktops } from './desktop.ts';
import { type Desktops, titleOf, viewOf } from './desktops.ts';
import type { CallOptions, ContainerDetails } from './engine.ts';
import { clientKeys } from './identity.ts';
import { ownershipLabels } from './labels.ts';
import type { StoreState } from './store.ts';

/** Every desktop of the instance, oldest first. A failure to look is an error, never an empty list. */
export async function listDesktops(desktops: Desktops, options?: CallOptions): Promise<Desktop[]> {
  return (await listWithState(desktops, options)).desktops;
}

/** The same, with the state of the store that they were derived with. */
export async function listWithState(desktops: Desktops, options?: CallOptions): Promise<{ desktops: Desktop[]; state: StoreState }> {
  const [containers, state] = await Promise.all([
    desktops.engine.containers.list({ labels: ownershipLabels(desktops.installation.instance) }, options),
    desktops.store.read(),
  ]);
  return { desktops: deriveDesktops(containers, state, viewOf(desktops)), state };
}

/** The client's desktop, or undefined. Of several (one renamed by hand, one lost) the one with a container counts. */
export function findDesktop(all: readonly Desktop[], client: ClientId, desktops: Desktops): Desktop | undefined {
  const keys = clientKeys(client, desktops.installation.naming);
  const own = all.filter((desktop) => (desktop.client === undefined ? keys.includes(desktop.clientKey) : desktop.client === client));
  return own.find((desktop) => desktop.container) ?? own[0];
}

/** The desktop that a word names: by its id, which is all that is known of one whose client was forgotten, or by its client. Without a desktop `client` is whose there is none of. BAD_CLIENT_ID for what is neither. */
export function findNamed(all: readonly Desktop[], word: string, desktops: Desktops, readClient: (word: string) => ClientId): { desktop: Desktop } | { desktop?: undefined; client: ClientId } {
  const byId = all.find(({ id }) => id === word);
  if (byId) return { desktop: byId };
  const client = readClient(word);
  const desktop = findDesktop(all, client, desktops);
  return desktop ? { desktop } : { client };
}

/** The client that a word names, by itself or by the id of their desktop, for what is done by client; whether they have one is not told. DESKTOP_NOT_FOUND when nobody knows whose it is, BAD_CLIENT_ID for what is neither. */
export function clientNamed(all: readonly Desktop[], word: string, desktops: Desktops, readClient: (word: string) => ClientId): ClientId {
  const found = findNamed(all, word, desktops, readClient);
  if (!found.desktop) return found.client;
  const { client } = found.desktop;
  if (client === undefined) throw new VncctlError('DESKTOP_NOT_FOUND', `nobody knows whose desktop ${titleOf(found.desktop)} is`, { hint: 'name the client instead' });
  return client;
}

/** The client's desktop; DESKTOP_NOT_FOUND when there is none. */
export async function getDesktop(desktops: Desktops, client: ClientId, options?: CallOptions): Promise<Desktop> {
  const desktop = findDesktop(await listDesktops(desktops, options), client, desktops);
  if (!desktop) throw desktopNotFound(client);
  return desktop;
}

/** The desktop together with its container; DESKTOP_NOT_FOUND when either is missing. */
export async function getDesktopContainer(desktops: Desktops, client: ClientId, options?: CallOptions): Promise<{ desktop: Desktop; container: ContainerDetails }> {
  const desktop = await getDesktop(desktops, client, options);
  const container = desktop.container && (await desktops.engine.containers.find(desktop.container.id, options));
  if (!container) {
    throw new VncctlError('DESKTOP_NOT_FOUND', `the desktop of ${formatClientId(client)} is lost: its container was removed by somebody else`, {
      hint: `make it anew: vncctl up ${formatClientId(client)}`,
    });
  }
  return { desktop, container };
}

/** The failure of asking for a client's desktop where there is none. */
export function desktopNotFound(client: ClientId): VncctlError {
  return new VncctlError('DESKTOP_NOT_FOUND', `${formatClientId(client)} has no desktop`, { hint: `make one: vncctl up ${formatClientId(client)}` });
}

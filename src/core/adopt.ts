// Taking over containers that another system left running. What marks a desktop as ours is written when its container is made, and
// never after: so each gets a desktop of ours in its place, for the same client, page and size. What was open in it is lost.
import { isVncctlError } from '../errors.ts';
import type { ClientId } from './client-id.ts';
import { type Desktops, nameOf } from './desktops.ts';
import type { CallOptions, ContainerDetails, ContainerId, ContainerSummary } from './engine.ts';
import { LABEL } from './labels.ts';
import { ADOPTED_SUFFIX } from './mend.ts';
import { findDesktop, listDesktops } from './list.ts';

/** A container that matches, and what is to become of it. */
export interface Adoptable {
  container: ContainerSummary;
  /** Absent where its name tells of none. */
  client?: ClientId;
  url?: string;
  /** Like `390x900`. */
  size?: string;
  /** Why it is left alone. */
  kept?: string;
}

const GRACE_SECONDS = 5;
const RUNNING: readonly ContainerSummary['state'][] = ['running', 'paused', 'restarting'];

/** The containers that run under names of this pattern and are nobody's desktop; its one `*` stands for the client. `readClient` throws BAD_CLIENT_ID. */
export async function findAdoptable(desktops: Desktops, pattern: string, readClient: (text: string) => ClientId, options?: CallOptions): Promise<Adoptable[]> {
  const [before = '', after = ''] = pattern.split('*');
  const [all, own] = await Promise.all([desktops.engine.containers.list({ labels: {} }, options), listDesktops(desktops, options)]);
  const found: Adoptable[] = [];
  for (const container of all) {
    const name = plainName(container);
    // One that somebody ran of an image of ours has that image's labels, but is nobody's.
    if (container.labels[LABEL.instance] !== undefined || !RUNNING.includes(container.state)) continue;
    if (name.length <= before.length + after.length || !name.startsWith(before) || !name.endsWith(after)) continue;
    const details = await desktops.engine.containers.find(container.id, options);
    if (!details) continue;
    const client = clientIn(name.slice(before.length, name.length - after.length), readClient);
    const kept = client === undefined ? 'its name tells no client' : findDesktop(own, client, desktops)?.container ? 'its client has a desktop already' : undefined;
    found.push({ container, ...(client === undefined ? {} : { client }), ...wishesIn(details), ...(kept === undefined ? {} : { kept }) });
  }
  return found;
}

/** Has `make` make the successor of one, and removes it then; when that fails it is as it was. `inPlaceOf` is set where the successor has to have its very name: `make` gives that one away and removes the container. */
export async function adopt<T>(desktops: Desktops, { container, client }: Adoptable, make: (inPlaceOf: ContainerId | undefined) => Promise<T>): Promise<T> {
  const { containers } = desktops.engine;
  const name = plainName(container);
  const isInTheWay = client !== undefined && name === nameOf(desktops, client);
  // A take-over that was killed has left it without its name.
  if (container.name !== name && isInTheWay && !(await containers.find(name))) await containers.rename(container.id, name);
  const made = await make(isInTheWay ? container.id : undefined);
  if (!isInTheWay || (await containers.find(container.id))) {
    if (container.state === 'paused') await containers.unpause(container.id);
    await containers.stop(container.id, GRACE_SECONDS);
    await containers.remove(container.id);
  }
  return made;
}

/** Its name before somebody began to take it over. */
function plainName({ name }: ContainerSummary): string {
  return name.endsWith(ADOPTED_SUFFIX) ? name.slice(0, -ADOPTED_SUFFIX.length) : name;
}

function clientIn(text: string, readClient: (text: string) => ClientId): ClientId | undefined {
  try {
    return readClient(text);
  } catch (error) {
    if (isVncctlError(error, 'BAD_CLIENT_ID')) return undefined;
    throw error;
  }
}

/** The page and the size that it was made for, as its environment tells. */
function wishesIn({ env }: ContainerDetails): Pick<Adoptable, 'url' | 'size'> {
  const { VNC_URL: page, START_URL: start, VNC_APPNAME: app, APPNAME: name, VNC_WIDTH: width, VNC_HEIGHT: height } = env;
  const url = [page, start, app, name].flatMap((text) => text?.split(/\s+/) ?? []).find((word) => /^https?:\/\//i.test(word));
  return { ...(url === undefined ? {} : { url }), ...(/^\d+$/.test(width ?? '') && /^\d+$/.test(height ?? '') ? { size: `${width}x${height}` } : {}) };
}

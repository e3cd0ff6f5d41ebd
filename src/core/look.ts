// One look at who uses which desktop: what is asked of an ActivitySource, for desktops as core knows them.
import type { Activity, ActivitySource, ActivitySubject } from './activity.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import { isVisible } from './lease-facts.ts';
import type { DesktopId } from './store.ts';

/** Asks about all that somebody could be looking at; the others have no answer. */
export async function lookAt({ catalog }: Pick<Desktops, 'catalog'>, known: readonly Desktop[], source: ActivitySource, signal: AbortSignal): Promise<ReadonlyMap<DesktopId, Activity>> {
  const subjects: ActivitySubject[] = [];
  const unknown = new Map<DesktopId, Activity>();
  for (const desktop of known) {
    const { id, container, image } = desktop;
    if (!isVisible(desktop) || !container) continue;
    const ports = catalog.find(image)?.ports;
    if (ports) subjects.push({ id, container: container.id, ...(container.address ? { address: container.address } : {}), ports: [ports.web, ...(ports.rfb === undefined ? [] : [ports.rfb])] });
    else unknown.set(id, ofUnknownImage(image));
  }
  return new Map([...(await source.look(subjects, { signal })), ...unknown]);
}

/** Whether nobody looks at it for sure. */
export function isIdle(activity: Activity | undefined): boolean {
  return activity?.viewers.known === true && activity.viewers.count === 0;
}

function ofUnknownImage(image: string): Activity {
  const why = `its image ${image} is not in the catalog any more, so its ports are not known`;
  return { viewers: { known: false, why }, input: { known: false, why } };
}

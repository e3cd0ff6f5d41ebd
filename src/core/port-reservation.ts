// A host port promised to one `up` before its container can bind it, so that twenty at once get twenty ports.
import type { Desktops } from './desktops.ts';
import { viewOf } from './desktops.ts';
import { deriveDesktops } from './desktop.ts';
import { decodeLabels, LABEL } from './labels.ts';
import { longestIdle } from './longest-idle.ts';
import { choosePort, liveReservations, noFreePort } from './ports.ts';
import type { PortReservation, StoreState } from './store.ts';

/** A free port, and the promises with it, to be written under the same hold of the store's lock. NO_FREE_PORT when none is left beside `spare` others. */
export async function promisePort(desktops: Desktops, state: StoreState, { refused, spare }: { refused: ReadonlySet<number>; spare: number }): Promise<{ port: number; reservations: readonly PortReservation[] }> {
  const { installation, engine, clock, hostPorts, processes } = desktops;
  const now = clock.now();
  const containers = await engine.containers.list({ labels: { [LABEL.managed]: 'true' } });
  const live = liveReservations(state.reservations, now, (pid) => processes.isAlive(pid));
  const held = new Set<number>(refused);
  for (const { port } of live) held.add(port);
  for (const container of containers) {
    for (const { hostPort } of container.ports) held.add(hostPort);
    // A stopped desktop keeps its port: it comes back on the same link.
    const own = decodeLabels(container.labels, installation.instance)?.hostPort;
    if (own !== undefined) held.add(own);
  }
  const host = engine.capabilities.local ? hostPorts : { isFree: async () => true };
  const port = await choosePort(installation.ports, held, installation.bindAddress, host, spare);
  if (port === undefined) {
    const inRange = [...held].filter((candidate) => candidate >= installation.ports.min && candidate <= installation.ports.max && !refused.has(candidate));
    const withPort = deriveDesktops(containers, state, viewOf(desktops)).filter(({ hostPort }) => hostPort !== undefined);
    throw noFreePort(installation.ports, inRange.length, longestIdle(withPort, now));
  }
  return { port, reservations: [...live, { port, pid: processes.pid, at: now.toISOString() }] };
}

/** The promises without that of this process. */
export function withoutPort(reservations: readonly PortReservation[], port: number | undefined, pid: number): PortReservation[] {
  return reservations.filter((reservation) => reservation.port !== port || reservation.pid !== pid);
}

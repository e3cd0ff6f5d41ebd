// A host port promised to one `up` before its container can bind it, so that twenty at once get twenty ports.
import { LABEL } from './labels.ts';
import { decodeLabels } from './labels.ts';
import { deriveDesktops } from './desktop.ts';
import { type Desktops, titleOf, viewOf } from './desktops.ts';
import { formatDuration } from './duration.ts';
import { choosePort, liveReservations, noFreePort } from './ports.ts';

/** Promises a free port of the range to this process. NO_FREE_PORT when the range is full; `refused` ports are not tried. */
export async function reservePort(desktops: Desktops, refused: ReadonlySet<number>): Promise<number> {
  const { installation, engine, store, clock, hostPorts, processes } = desktops;
  return store.update(async (state) => {
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
    const port = await choosePort(installation.ports, held, installation.bindAddress, host);
    if (port === undefined) {
      const inRange = [...held].filter((candidate) => candidate >= installation.ports.min && candidate <= installation.ports.max && !refused.has(candidate));
      throw noFreePort(installation.ports, inRange.length, longestIdle(desktops, deriveDesktops(containers, state, viewOf(desktops))));
    }
    return { state: { ...state, reservations: [...live, { port, pid: processes.pid, at: now.toISOString() }] }, result: port };
  });
}

/** Gives the promise back. */
export async function releasePort({ store, processes }: Desktops, port: number): Promise<void> {
  await store.update((state) => ({
    state: { ...state, reservations: state.reservations.filter((reservation) => reservation.port !== port || reservation.pid !== processes.pid) },
    result: undefined,
  }));
}

function longestIdle(desktops: Desktops, all: ReturnType<typeof deriveDesktops>): { name: string; idle: string } | undefined {
  const usedAt = (desktop: (typeof all)[number]): string => desktop.lastUsedAt ?? desktop.createdAt;
  const [first] = all.filter((desktop) => desktop.hostPort !== undefined).sort((a, b) => usedAt(a).localeCompare(usedAt(b)));
  if (!first) return undefined;
  const idleMs = desktops.clock.now().getTime() - Date.parse(usedAt(first));
  return { name: titleOf(first), idle: `not used for ${formatDuration(idleMs)}` };
}

// Who is connected to many containers at once, from one read of this host's table of tracked connections; and for which of them
// what it says can be believed.
import type { Canary } from './canary.ts';
import { establishedIn, liveEnds, type TrackedConnection, type TrackingTimeouts } from './conntrack.ts';
import { interfaceTo, localRoutesIn } from './routes.ts';

/** Reads a text file; rejects as `node:fs/promises` does, or with the signal's reason. */
export type ReadText = (path: string, signal?: AbortSignal) => Promise<string>;

/** Where connections are counted: a container's own address and its ports. */
export interface Place {
  address: string;
  ports: readonly number[];
}

export interface TrackedParts {
  readText: ReadText;
  canary: Canary;
  silentAfterSeconds: number;
  signal: AbortSignal | undefined;
}

const LOOPBACK = '127.0.0.1';
const TIMEOUTS = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_';

/** One look; a place of which the table doesn't show every connection is left out. Rejects when the table can't be read or is not believed. */
export async function lookAtTracked<P extends Place>(places: readonly P[], { readText, canary, silentAfterSeconds, signal }: TrackedParts): Promise<Map<P, number>> {
  const ends = await canary.chirp();
  const read = (path: string): Promise<string> => readText(path, signal);
  const [table, routes, timeouts] = await Promise.all([read('/proc/net/nf_conntrack'), read('/proc/net/route'), timeoutsOf(read)]);
  const connections = establishedIn(table, new Set([LOOPBACK, ...places.map(({ address }) => address)]));
  // Tracking may be off, spare loopback, or the table be that of another network namespace.
  if (!connections.some((connection) => isCanary(connection, ends))) throw new Error('it does not show the connections of this host');
  const counts = liveEnds(connections, timeouts, silentAfterSeconds);
  const local = localRoutesIn(routes);
  const behind = new Map(places.map((place) => [place, interfaceTo(place.address, local)]));
  const believed = await fullySeen(new Set(behind.values()), read);
  return new Map(
    places
      .filter((place) => believed.has(behind.get(place)))
      .map((place) => [place, place.ports.reduce((sum, port) => sum + (counts.get(`${place.address}:${port}`) ?? 0), 0)]),
  );
}

function isCanary({ origin, answered }: TrackedConnection, { fromPort, toPort }: { fromPort: number; toPort: number }): boolean {
  return answered && origin.from === LOOPBACK && origin.fromPort === fromPort && origin.toPort === toPort;
}

async function timeoutsOf(read: ReadText): Promise<TrackingTimeouts | undefined> {
  const [established, unacknowledged, retransmitted] = await Promise.all(['established', 'unacknowledged', 'max_retrans'].map((name) => numberIn(`${TIMEOUTS}${name}`, read)));
  if (established === undefined || unacknowledged === undefined || retransmitted === undefined) return undefined;
  return { establishedSeconds: established, unacknowledgedSeconds: Math.max(unacknowledged, retransmitted) };
}

/**
 * The interfaces whose every connection passes this host's table. They are bridges of this very host: in a container that is
 * on the network too, the others' connections don't pass. And what is on the same bridge, say a reverse proxy in a container,
 * passes only where bridged packets are filtered.
 */
async function fullySeen(names: ReadonlySet<string | undefined>, read: ReadText): Promise<Set<string | undefined>> {
  const everywhere = (await numberIn('/proc/sys/net/bridge/bridge-nf-call-iptables', read)) === 1;
  const seen = new Set<string | undefined>();
  await Promise.all(
    [...names].map(async (name) => {
      if (name === undefined) return;
      const here = await numberIn(`/sys/class/net/${name}/bridge/nf_call_iptables`, read);
      if (here === 1 || (here === 0 && everywhere)) seen.add(name);
    }),
  );
  return seen;
}

/** The number that a file of the kernel holds; undefined when there is no such file. */
async function numberIn(path: string, read: ReadText): Promise<number | undefined> {
  return read(path).then(Number, () => undefined);
}

// The kernel's table of tracked connections, /proc/net/nf_conntrack: which of its rows are somebody who is there now. Pure.

export interface Flow {
  from: string;
  fromPort: number;
  to: string;
  toPort: number;
}

/** An established TCP connection, as the host sees it pass: `reply` is what answers, behind any translation of addresses. */
export interface TrackedConnection {
  origin: Flow;
  reply: Flow;
  /** Whether both sides have been heard. */
  answered: boolean;
  /** Until the kernel drops the entry. Absent while its packets are forwarded past the table: then they flow right now. */
  leftSeconds?: number;
}

/** How long the kernel keeps an entry after its last packet. */
export interface TrackingTimeouts {
  establishedSeconds: number;
  /** While something that was sent waits to be acknowledged: the longer of the two limits for that. */
  unacknowledgedSeconds: number;
}

/**
 * An entry without a packet for longer is nobody: a peer that vanished without a word would stand in the table for up to five
 * days. The images ping each WebSocket every 30 s and a browser's TCP asks after 45 s, so who is there is heard many times over.
 */
export const SILENT_AFTER_SECONDS = 15 * 60;

const ROW =
  /^ipv[46] +\d+ tcp +6 (?:(\d+) ESTABLISHED )?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) ([^\n]*)src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)([^\n]*)$/;

/** The established TCP connections that one of the addresses began or answers; rows of other states and protocols are left out. */
export function establishedIn(table: string, addresses: ReadonlySet<string>): TrackedConnection[] {
  return [...rowsAbout(table, addresses)].flatMap((row) => {
    const parts = ROW.exec(row);
    if (!parts) return [];
    const [, left, from = '', to = '', fromPort, toPort, between = '', replyFrom = '', replyTo = '', replyFromPort, replyToPort, marks = ''] = parts;
    // An entry that is forwarded past the table has neither a state nor a time left.
    if (left === undefined && !marks.includes('OFFLOAD]')) return [];
    return {
      origin: { from, fromPort: Number(fromPort), to, toPort: Number(toPort) },
      reply: { from: replyFrom, fromPort: Number(replyFromPort), to: replyTo, toPort: Number(replyToPort) },
      answered: !between.includes('[UNREPLIED]'),
      ...(left === undefined ? {} : { leftSeconds: Number(left) }),
    };
  });
}

// A busy host has tens of thousands of rows, and taking each apart would hold up the daemon.
function* rowsAbout(table: string, addresses: ReadonlySet<string>): Generator<string> {
  const sourceAt = (index: number): string => table.slice(index + 'src='.length, table.indexOf(' ', index));
  for (let start = 0; start < table.length; ) {
    const end = table.indexOf('\n', start);
    const stop = end < 0 ? table.length : end;
    if (addresses.has(sourceAt(table.indexOf('src=', start))) || addresses.has(sourceAt(table.lastIndexOf('src=', stop)))) yield table.slice(start, stop);
    start = stop + 1;
  }
}

/** Seconds since the last packet of a connection. */
export function silenceOf({ leftSeconds }: TrackedConnection, timeouts: TrackingTimeouts): number {
  if (leftSeconds === undefined) return 0;
  // Something sent and not yet acknowledged shortens the entry's time: so it is all the while that a picture is on its way, and
  // with a peer that vanished for as long as the sender tries again (15 minutes).
  const full = leftSeconds <= timeouts.unacknowledgedSeconds ? timeouts.unacknowledgedSeconds : timeouts.establishedSeconds;
  return Math.max(0, full - leftSeconds);
}

/** How many connections stand at each "address:port" that answers them, leaving out whoever is silent for too long. Without timeouts nobody is taken for silent. */
export function liveEnds(connections: readonly TrackedConnection[], timeouts: TrackingTimeouts | undefined, silentAfterSeconds = SILENT_AFTER_SECONDS): Map<string, number> {
  const ends = new Map<string, number>();
  const add = ({ from, fromPort }: Flow): void => void ends.set(`${from}:${fromPort}`, (ends.get(`${from}:${fromPort}`) ?? 0) + 1);
  for (const connection of connections) {
    if (!connection.answered) continue;
    if (timeouts && silenceOf(connection, timeouts) > silentAfterSeconds) continue;
    add(connection.reply);
    // Where the table was emptied meanwhile, a connection begins anew with whoever sends first, which may be the desktop.
    add(connection.origin);
  }
  return ends;
}

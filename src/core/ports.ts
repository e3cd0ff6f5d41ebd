// Which host port a new desktop gets. The decision is pure; asking the host is a parameter, because a port may be held by a
// program that the engine knows nothing of.
import { VncctlError } from '../errors.ts';
import type { PortReservation } from './store.ts';

export interface PortRange {
  min: number;
  /** Inclusive. */
  max: number;
}

/** Ports of this host as the operating system sees them. */
export interface HostPorts {
  /** Whether a program could listen on it now. */
  isFree(address: string, port: number): Promise<boolean>;
}

const RESERVATION_LIFE_MS = 120_000;

/** Reservations whose process still runs and which are younger than two minutes; the rest were left by killed commands. */
export function liveReservations(reservations: readonly PortReservation[], now: Date, isAlive: (pid: number) => boolean): PortReservation[] {
  return reservations.filter(({ pid, at }) => now.getTime() - Date.parse(at) < RESERVATION_LIFE_MS && isAlive(pid));
}

/** The lowest port of the range that nobody holds, in our books or on the host, when `spare` others are left beside it; undefined when there is none. */
export async function choosePort(range: PortRange, held: ReadonlySet<number>, address: string, host: HostPorts, spare = 0): Promise<number | undefined> {
  let chosen: number | undefined;
  let left = spare;
  for (let port = range.min; port <= range.max; port++) {
    if (held.has(port) || !(await host.isFree(address, port))) continue;
    chosen ??= port;
    if (left-- === 0) return chosen;
  }
  return undefined;
}

/** The failure of a full range; `longestIdle` names the desktop whose end would help most. */
export function noFreePort(range: PortRange, ours: number, longestIdle: { name: string; idle: string } | undefined): VncctlError {
  const total = range.max - range.min + 1;
  const others = total - ours;
  const held = others > 0 ? `${ours} by desktops, ${others} by other programs` : 'all by desktops';
  return new VncctlError('NO_FREE_PORT', `no free port between ${range.min} and ${range.max}: ${total} in use (${held})`, {
    hint: longestIdle
      ? `the longest idle is ${longestIdle.name} (${longestIdle.idle}): vncctl rm ${longestIdle.name}   (or widen the range: vncctl config set portMax ${range.max + 20}; or wait for one: up … --queue 30s)`
      : `widen the range: vncctl config set portMax ${range.max + 20}   (or wait for one: up … --queue 30s)`,
  });
}

// What the Docker API tells of a container, in core's words: one row of a list, one inspect, and the address when it can be
// dialled from this host.
import { networkInterfaces, totalmem } from 'node:os';
import type Docker from 'dockerode';
import type { ContainerDetails, ContainerHealth, ContainerId, ContainerState, ContainerSummary, ContainerUsage } from '../../core/engine.ts';

/** The address when it can be dialled from here, otherwise undefined. */
export type Dialable = (address: string | undefined) => string | undefined;

interface Subnet {
  own: number;
  mask: number;
}

/**
 * Tells the addresses that can be dialled from here: each call makes what judges those of one answer. The interfaces are read at
 * the first of them that is in no subnet known from before, and not again for the same answer: a host with two hundred desktops
 * takes 5 ms to tell them.
 */
export function nearbyAddresses(readInterfaces = networkInterfaces): () => Dialable {
  let subnets: readonly Subnet[] = [];
  const isNear = (bits: number): boolean => subnets.some(({ own, mask }) => (bits & mask) === (own & mask));
  return () => {
    let fresh = false;
    return (address) => {
      if (!address) return undefined;
      const bits = bitsOf(address);
      if (!isNear(bits) && !fresh) {
        subnets = subnetsOf(readInterfaces());
        fresh = true;
      }
      return isNear(bits) ? address : undefined;
    };
  };
}

// An address is dialable when a network interface of this host is in its subnet: true for a local bridge, false for a rootless
// or remote engine, whose bridges are elsewhere.
function subnetsOf(interfaces: ReturnType<typeof networkInterfaces>): Subnet[] {
  return Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address, netmask }) => ({ own: bitsOf(address), mask: bitsOf(netmask) }));
}

/** The 32 bits of an IPv4 address. */
function bitsOf(address: string): number {
  return address.split('.').reduce((bits, part) => (bits << 8) | Number(part), 0);
}

// Podman tells the ports of an ended container too.
const isUp = (state: string): boolean => state === 'running' || state === 'paused' || state === 'restarting';

/** One row of a list. */
export function summaryOf(row: Docker.ContainerInfo, dialable: Dialable): ContainerSummary {
  const exited = /^Exited \((\d+)\)/.exec(row.Status);
  const health = /\(health: starting\)|\((healthy|unhealthy)\)/.exec(row.Status);
  const address = dialable(firstAddress(row.NetworkSettings?.Networks));
  return {
    id: row.Id as ContainerId,
    name: (row.Names[0] ?? '').replace(/^\//, ''),
    state: row.State as ContainerState,
    health: health ? ((health[1] as ContainerHealth | undefined) ?? 'starting') : 'none',
    labels: row.Labels,
    image: row.Image,
    imageId: row.ImageID,
    createdAt: new Date(row.Created * 1000).toISOString(),
    ports: (isUp(row.State) ? row.Ports : []).filter((port) => port.PublicPort).map((port) => ({ containerPort: port.PrivatePort, hostPort: port.PublicPort, hostAddress: port.IP })),
    ...(exited ? { exitCode: Number(exited[1]) } : {}),
    ...(address ? { address } : {}),
  };
}

/** The answer to one inspect; `local` says whether its process is one of this host's. */
export function detailsOf(info: Docker.ContainerInspectInfo, dialable: Dialable, local: boolean): ContainerDetails {
  const { State: state } = info;
  const ended = state.Status === 'exited' || state.Status === 'dead';
  const address = state.Running ? dialable(firstAddress(info.NetworkSettings.Networks)) : undefined;
  const time = (text: string | undefined): string | undefined => (text && !text.startsWith('0001-') ? new Date(text).toISOString() : undefined);
  const startedAt = time(state.StartedAt);
  const finishedAt = time(state.FinishedAt);
  return {
    id: info.Id as ContainerId,
    name: info.Name.replace(/^\//, ''),
    state: state.Status as ContainerState,
    health: (state.Health?.Status || 'none') as ContainerHealth,
    labels: info.Config.Labels,
    image: info.Config.Image,
    imageId: info.Image,
    createdAt: new Date(info.Created).toISOString(),
    ports: Object.entries((isUp(state.Status) && info.NetworkSettings.Ports) || {}).flatMap(([port, bindings]) =>
      (bindings ?? []).map((binding) => ({ containerPort: Number.parseInt(port, 10), hostPort: Number(binding.HostPort), hostAddress: binding.HostIp })),
    ),
    env: Object.fromEntries((info.Config.Env ?? []).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    limits: { cpus: (info.HostConfig.NanoCpus ?? 0) / 1e9, memoryBytes: info.HostConfig.Memory ?? 0 },
    outOfMemory: state.OOMKilled,
    ...(ended ? { exitCode: state.ExitCode } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(finishedAt ? { finishedAt } : {}),
    ...(state.Error ? { error: state.Error } : {}),
    ...(address ? { address } : {}),
    ...(local && state.Pid > 0 ? { pid: state.Pid } : {}),
  };
}

function firstAddress(networks: Record<string, { IPAddress?: string }> | undefined): string | undefined {
  return Object.values(networks ?? {}).find((network) => network.IPAddress)?.IPAddress;
}

/** One reading of what a container uses; undefined where the engine has none, as for one that doesn't run. */
export function usageOf({ cpu_stats: cpu, memory_stats: memory }: Docker.ContainerStats): ContainerUsage | undefined {
  const { usage, limit, stats } = memory;
  if (!usage) return undefined;
  // By control groups of the second and the first version; what `docker stats` leaves out too.
  const cache = stats?.inactive_file ?? stats?.total_inactive_file ?? 0;
  // Where there is no limit the engine tells the memory of the machine or more, which says nothing.
  const bounded = limit > 0 && limit < totalmem();
  return { cpuNanoseconds: cpu.cpu_usage.total_usage, memoryBytes: Math.max(0, usage - cache), ...(bounded ? { memoryLimitBytes: limit } : {}) };
}

/** Bytes that a container holds beside its image, as an inspect that asked for them tells; Docker says -1 where it could not measure. */
export function writtenOf(container: object | undefined): number | undefined {
  const written = (container as { SizeRw?: number } | undefined)?.SizeRw;
  return written !== undefined && written >= 0 ? written : undefined;
}

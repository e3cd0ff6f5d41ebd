// Networks over dockerode: on Docker one bridge whose members can't reach each other; on Podman, which has no such thing,
// bridges that can't reach each other.
import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { NetworkInfo, Networks, NetworkSpec } from '../../core/engine.ts';
import { LABEL } from '../../core/labels.ts';
import { VncctlError } from '../../errors.ts';
import { leadsTo, localRoutesIn } from '../presence/routes.ts';
import type { HostRules } from '../host-rules.ts';
import type { Caller } from './call.ts';
import type { EngineFacts } from './containers.ts';
import { inBody, signalled } from './signalled.ts';
import { statusOf, wordsOf } from './errors.ts';

const ICC = 'com.docker.network.bridge.enable_icc';

/** The networks of one Docker API endpoint. With `hostRules` those that it makes are closed to the services of this host. */
export function createNetworks(docker: Docker, call: Caller, { local, isPodman }: EngineFacts, hostRules?: () => Promise<HostRules>): Networks {
  return {
    async isolation(options) {
      return (await isPodman(options)) ? 'networks' : 'members';
    },

    async list({ labels }, options) {
      const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      const rows = await call('list the networks', (signal) => docker.listNetworks(signalled(signal, { filters: { label } })), options);
      const isDialable = await dialableSubnets(local);
      return rows.map((row) => infoOf(row, isDialable));
    },

    async find(name, options) {
      return call(
        `look at network ${name}`,
        async () => {
          try {
            return infoOf(await docker.getNetwork(name).inspect(), await dialableSubnets(local));
          } catch (error) {
            if (statusOf(error) === 404) return undefined;
            throw error;
          }
        },
        options,
      );
    },

    async create(spec, options) {
      const podman = await isPodman(options);
      if (hostRules && (podman || !local)) {
        throw new VncctlError('ENGINE_FAILED', `the host can not be closed to desktops on ${podman ? 'Podman' : 'an engine of another machine'}`, {
          hint: 'set rules there by hand, then: vncctl config set hostAccess auto',
        });
      }
      await call(
        `create network ${spec.name}`,
        async (signal) => {
          try {
            await (podman ? createOnPodman(docker, spec, signal) : createOnDocker(docker, hostRules ? closed(spec) : spec, signal));
          } catch (error) {
            if (statusOf(error) === 409 || /already exists/i.test(wordsOf(error))) return;
            if (!spec.subnet && /overlap|address pool|subnet pool/i.test(wordsOf(error))) {
              throw new VncctlError('NETWORK_CONFLICT', `the engine has no address range left for network ${spec.name}`, {
                // On Podman a subnet can't be named: each desktop has a network of its own.
                hint: podman ? 'free one: podman network prune' : 'free one: docker network prune   (or name one: vncctl config set subnet 10.77.0.0/24)',
                cause: error,
              });
            }
            if (spec.subnet && /overlap|already used/i.test(wordsOf(error))) {
              throw new VncctlError('NETWORK_CONFLICT', `the subnet ${spec.subnet} of network ${spec.name} overlaps another network`, {
                hint: 'choose another: vncctl config set subnet 10.77.0.0/24   (or let the engine choose: vncctl config unset subnet)',
                cause: error,
              });
            }
            throw error;
          }
          if (podman) return;
          await removeTwins(docker, spec.name, signal);
          if (hostRules) await closeOrRemove(docker, spec.name, await hostRules());
        },
        options,
      );
    },

    async remove(name, options) {
      await call(
        `remove network ${name}`,
        async (signal) => {
          try {
            const network = docker.getNetwork(name);
            const bridge = hostRules && closedBridgeOf(await network.inspect());
            await network.remove(signalled(signal, {}));
            if (bridge) await (await hostRules()).open(bridge.name, bridge.instance);
          } catch (error) {
            if (statusOf(error) === 404) return;
            if (isInUse(error)) throw new VncctlError('NETWORK_CONFLICT', `network ${name} is in use`, { cause: error });
            throw error;
          }
        },
        options,
      );
    },
  };
}

function infoOf(info: Docker.NetworkInspectInfo, isDialable: (subnet: string) => boolean): NetworkInfo {
  const labels = info.Labels ?? {};
  const subnets = (info.IPAM?.Config ?? []).flatMap((config) => (config['Subnet'] ? [config['Subnet']] : []));
  return {
    name: info.Name,
    subnets,
    labels,
    dialable: subnets.some(isDialable),
    isolates: info.Options?.[ICC] === 'false' ? 'members' : labels[LABEL.isolates] === 'networks' ? 'networks' : 'nothing',
  };
}

// By the routes, not the interfaces: Node tells none of a bridge that has no member yet.
async function dialableSubnets(local: boolean): Promise<(subnet: string) => boolean> {
  const routes = local ? localRoutesIn(await readFile('/proc/net/route', 'utf8').catch(() => '')) : [];
  return (subnet) => leadsTo(subnet, routes);
}

async function createOnDocker(docker: Docker, spec: NetworkSpec, signal: AbortSignal): Promise<void> {
  await docker.createNetwork(
    inBody(signal, {
      Name: spec.name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { ...spec.labels },
      Options: { [ICC]: 'false' },
      ...(spec.subnet ? { IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet }] } } : {}),
    }),
  );
}

// By Podman's own address, because its Docker-compatible one doesn't know the option and doesn't tell it back: a label
// says that it was asked for.
async function createOnPodman(docker: Docker, spec: NetworkSpec, signal: AbortSignal): Promise<void> {
  const options = {
    name: spec.name,
    driver: 'bridge',
    labels: { ...spec.labels, [LABEL.isolates]: 'networks' },
    options: { isolate: 'true' },
    ...(spec.subnet ? { subnets: [{ subnet: spec.subnet }] } : {}),
  };
  await new Promise<void>((resolve, reject) => {
    docker.modem.dial(
      { path: '/v4.0.0/libpod/networks/create', method: 'POST', options, abortSignal: signal, statusCodes: { 200: true, 409: 'exists', 500: 'server error' } },
      (error: unknown) => (error ? reject(error) : resolve()),
    );
  });
}

const closed = (spec: NetworkSpec): NetworkSpec => ({ ...spec, labels: { ...spec.labels, [LABEL.host]: 'closed' } });

/** The bridge of a network that was made to be closed to the host, and whose it is; undefined for any other network. */
export function closedBridgeOf({ Id, Labels, Options }: Pick<Docker.NetworkInspectInfo, 'Id' | 'Labels' | 'Options'>): { name: string; instance: string } | undefined {
  const instance = Labels?.[LABEL.instance];
  if (Labels?.[LABEL.host] !== 'closed' || instance === undefined) return undefined;
  return { name: Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`, instance };
}

// A network that promises more than it keeps must not be there for the next desktop.
async function closeOrRemove(docker: Docker, name: string, rules: HostRules): Promise<void> {
  const network = docker.getNetwork(name);
  const bridge = closedBridgeOf(await network.inspect());
  if (!bridge) return;
  try {
    await rules.close(bridge.name, bridge.instance);
  } catch (error) {
    await network.remove().catch(() => undefined);
    await rules.open(bridge.name, bridge.instance);
    throw error;
  }
}

const isInUse = (error: unknown): boolean => /active endpoints|in use|being used/i.test(wordsOf(error));

// CheckDuplicate doesn't hold against creates at the same moment: Docker then has several networks of one name and finds
// none of them by it. Every creator removes all but the oldest it sees, which leaves the same one whoever looks last.
async function removeTwins(docker: Docker, name: string, signal: AbortSignal): Promise<void> {
  const similar = await docker.listNetworks(signalled(signal, { filters: { name: [name] } }));
  const [, ...younger] = similar.filter((network) => network.Name === name).sort((a, b) => ageOf(a).localeCompare(ageOf(b)));
  for (const { Id } of younger) {
    try {
      await docker.getNetwork(Id).remove(signalled(signal, {}));
    } catch (error) {
      if (statusOf(error) !== 404 && !isInUse(error)) throw error;
    }
  }
}

const ageOf = ({ Created, Id }: Docker.NetworkInspectInfo): string => `${Created} ${Id}`;

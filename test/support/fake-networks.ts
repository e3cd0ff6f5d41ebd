// The networks of the fake engine: isolated bridges with subnets that must not overlap, and the addresses on them.
import type { NetworkInfo, NetworkIsolation, Networks } from '../../src/core/engine.ts';
import { VncctlError } from '../../src/errors.ts';
import type { RunCall } from './fake-calls.ts';

interface FakeNetwork extends NetworkInfo {
  id: string;
}

export interface FakeNetworks {
  readonly networks: Networks;
  readonly all: readonly NetworkInfo[];
  /** A network made by somebody else, whose members reach each other unless said otherwise. */
  addForeign(network: Partial<NetworkInfo> & { name: string }): void;
  /** Removed behind everyone's back; containers that were on it keep asking for it. */
  vanish(name: string): void;
  /** The network for a container that starts, and a new address on it. NETWORK_NOT_FOUND as the engine says it. */
  attach(name: string, boundTo: string | undefined): { id: string; address: string };
}

const BUILT_IN: readonly string[] = ['bridge', 'host', 'none'];

export interface FakeNetworkParts {
  run: RunCall;
  /** What its networks keep apart. */
  isolation: NetworkIsolation;
  /** Whether their members can be dialled from here. */
  dialable: boolean;
  /** Whether a running container is on the network of that id. */
  isUsed: (networkId: string) => boolean;
}

export function createFakeNetworks({ run, isolation, dialable, isUsed }: FakeNetworkParts): FakeNetworks {
  const all: FakeNetwork[] = [];
  let made = 0;
  let addresses = 0;

  const add = (network: Partial<NetworkInfo> & { name: string }, isolates: NetworkInfo['isolates']): void => {
    made++;
    const subnets = network.subnets ?? [`10.${200 + made}.0.0/16`];
    all.push({ labels: {}, isolates, dialable, ...network, subnets, id: `network-${made}` });
  };
  const remove = (name: string): void => {
    const index = all.findIndex((network) => network.name === name);
    if (index >= 0) all.splice(index, 1);
  };

  return {
    all,
    addForeign: (network) => add(network, 'nothing'),
    vanish: remove,
    attach(name, boundTo) {
      if (BUILT_IN.includes(name)) return { id: name, address: `172.17.0.${2 + addresses++}` };
      const network = all.find((known) => (boundTo === undefined ? known.name === name : known.id === boundTo));
      if (!network) throw new VncctlError('NETWORK_NOT_FOUND', `network ${boundTo ?? name} not found`);
      addresses++;
      const [a, b] = (network.subnets[0] ?? '10.255.0.0/16').split('.');
      return { id: network.id, address: `${a}.${b}.${Math.floor(addresses / 200)}.${2 + (addresses % 200)}` };
    },
    networks: {
      isolation: (options) => run('networks.isolation', '', options, () => isolation),

      list: ({ labels }, options) =>
        run('networks.list', '', options, () => all.filter((network) => Object.entries(labels).every(([key, value]) => network.labels[key] === value)).map(infoOf)),

      find: (name, options) =>
        run('networks.find', name, options, () => {
          const network = all.find((known) => known.name === name);
          return network && infoOf(network);
        }),

      create: (spec, options) =>
        run('networks.create', spec.name, options, () => {
          if (all.some(({ name }) => name === spec.name)) return;
          const { subnet } = spec;
          if (subnet && all.some(({ subnets }) => subnets.some((other) => overlaps(subnet, other)))) {
            throw new VncctlError('NETWORK_CONFLICT', `the subnet ${subnet} of network ${spec.name} overlaps another network`, { hint: 'choose another' });
          }
          add({ name: spec.name, labels: { ...spec.labels }, ...(subnet ? { subnets: [subnet] } : {}) }, isolation);
        }),

      remove: (name, options) =>
        run('networks.remove', name, options, () => {
          const network = all.find((known) => known.name === name);
          if (network && isUsed(network.id)) throw new VncctlError('NETWORK_CONFLICT', `network ${name} is in use`);
          remove(name);
        }),
    },
  };
}

function infoOf({ id: _, ...info }: FakeNetwork): NetworkInfo {
  return structuredClone(info);
}

function overlaps(a: string, b: string): boolean {
  const [first, second] = [rangeOf(a), rangeOf(b)];
  return first.low <= second.high && second.low <= first.high;
}

function rangeOf(cidr: string): { low: number; high: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const low = Math.floor(value / size) * size;
  return { low, high: low + size - 1 };
}

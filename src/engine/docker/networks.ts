// Networks over dockerode: one isolated bridge, whose members can't reach each other.
import type Docker from 'dockerode';
import type { Networks } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import type { Caller } from './call.ts';
import { signalled } from './signalled.ts';
import { statusOf, wordsOf } from './errors.ts';

const ICC = 'com.docker.network.bridge.enable_icc';

/** The networks of one Docker API endpoint. */
export function createNetworks(docker: Docker, call: Caller): Networks {
  return {
    async find(name, options) {
      return call(
        `look at network ${name}`,
        async () => {
          try {
            const info: Docker.NetworkInspectInfo = await docker.getNetwork(name).inspect();
            return {
              name: info.Name,
              subnets: (info.IPAM?.Config ?? []).flatMap((config) => (config['Subnet'] ? [config['Subnet']] : [])),
              labels: info.Labels ?? {},
              isolated: info.Options?.[ICC] === 'false',
            };
          } catch (error) {
            if (statusOf(error) === 404) return undefined;
            throw error;
          }
        },
        options,
      );
    },

    async create(spec, options) {
      await call(
        `create network ${spec.name}`,
        async (signal) => {
          try {
            await docker.createNetwork(signalled(signal, {
              Name: spec.name,
              Driver: 'bridge',
              CheckDuplicate: true,
              Labels: { ...spec.labels },
              Options: { [ICC]: 'false' },
              ...(spec.subnet ? { IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet }] } } : {}),
            }));
          } catch (error) {
            if (statusOf(error) === 409 || /already exists/i.test(wordsOf(error))) return;
            if (!spec.subnet && /overlap|address pool/i.test(wordsOf(error))) {
              throw new VncctlError('NETWORK_CONFLICT', `the engine has no address range left for network ${spec.name}`, {
                hint: 'free one: docker network prune   (or name one: vncctl config set subnet 10.77.0.0/24)',
                cause: error,
              });
            }
            if (/overlap/i.test(wordsOf(error))) {
              throw new VncctlError('NETWORK_CONFLICT', `the subnet ${spec.subnet} of network ${spec.name} overlaps another network`, {
                hint: 'choose another: vncctl config set subnet 10.77.0.0/24   (or let the engine choose: vncctl config unset subnet)',
                cause: error,
              });
            }
            throw error;
          }
          await removeTwins(docker, spec.name, signal);
        },
        options,
      );
    },

    async remove(name, options) {
      await call(
        `remove network ${name}`,
        async (signal) => {
          try {
            await docker.getNetwork(name).remove(signalled(signal, {}));
          } catch (error) {
            if (statusOf(error) === 404) return;
            if (/active endpoints|in use/i.test(wordsOf(error))) throw new VncctlError('NETWORK_CONFLICT', `network ${name} is in use`, { cause: error });
            throw error;
          }
        },
        options,
      );
    },
  };
}

// CheckDuplicate doesn't hold against creates at the same moment: Docker then has several networks of one name and finds
// none of them by it. Every creator removes all but the oldest it sees, which leaves the same one whoever looks last.
async function removeTwins(docker: Docker, name: string, signal: AbortSignal): Promise<void> {
  const similar = await docker.listNetworks(signalled(signal, { filters: { name: [name] } }));
  const [, ...younger] = similar.filter((network) => network.Name === name).sort((a, b) => ageOf(a).localeCompare(ageOf(b)));
  for (const { Id } of younger) {
    try {
      await docker.getNetwork(Id).remove(signalled(signal, {}));
    } catch (error) {
      if (statusOf(error) !== 404 && !/active endpoints|in use/i.test(wordsOf(error))) throw error;
    }
  }
}

const ageOf = ({ Created, Id }: Docker.NetworkInspectInfo): string => `${Created} ${Id}`;

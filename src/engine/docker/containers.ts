// Containers over dockerode: the calls of core's Containers interface, each one request (two where the API needs it).
import type Docker from 'dockerode';
import type { CallOptions, ContainerFilter, ContainerId, Containers } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import type { Caller } from './call.ts';
import { createOptions, limitOptions } from './container-options.ts';
import { type Dialable, detailsOf, nearbyAddresses, summaryOf, usageOf, writtenOf } from './container-shape.ts';
import { createEvents } from './events.ts';
import { splitFrames } from './frames.ts';
import { inBody, inQuery, signalled } from './signalled.ts';
import { isNameTaken, isNetworkMissing, isPortTaken, statusOf, wordsOf } from './errors.ts';

/** What the containers have to know of their engine: whether it runs on this host, and whether it is Podman. */
export interface EngineFacts {
  local: boolean;
  isPodman: (options?: CallOptions) => Promise<boolean>;
}

/** The containers of one Docker API endpoint. */
export function createContainers(docker: Docker, call: Caller, { local, isPodman }: EngineFacts): Containers {
  const at = (id: string): Docker.Container => docker.getContainer(id);
  // One look, without the second that the engine would take to compare two.
  const statsOf = (id: ContainerId, options?: CallOptions): Promise<Docker.ContainerStats | undefined> =>
    call(
      `look at what container ${short(id)} uses`,
      async (signal) => (await unlessStatus([404, 409], at(id).stats(signalled(signal, { stream: false as const, 'one-shot': true as const })))) as Docker.ContainerStats | undefined,
      options,
    );
  const dialable: () => Dialable = local ? nearbyAddresses() : () => () => undefined;

  return {
    async list(filter: ContainerFilter, options?: CallOptions) {
      const label = Object.entries(filter.labels).map(([key, value]) => `${key}=${value}`);
      const rows = await call('list the containers', (signal) => docker.listContainers(signalled(signal, { all: true, filters: { label } })), options);
      const near = dialable();
      return rows.map((row) => summaryOf(row, near));
    },

    async find(nameOrId, options) {
      return call(
        `look at container ${nameOrId}`,
        async (signal) => {
          try {
            return detailsOf(await at(nameOrId).inspect(signalled(signal, {})), dialable(), local);
          } catch (error) {
            if (statusOf(error) === 404) return undefined;
            throw error;
          }
        },
        options,
      );
    },

    async create(name, spec, options) {
      const podman = await isPodman(options);
      return call(
        `create ${name}`,
        async (signal) => {
          try {
            const container = await docker.createContainer(inBody(signal, createOptions(spec, podman), { name }));
            return container.id as ContainerId;
          } catch (error) {
            if (statusOf(error) === 409 || isNameTaken(error)) throw new VncctlError('NAME_TAKEN', `the container name ${name} is in use`, { cause: error });
            if (isNetworkMissing(error)) throw new VncctlError('NETWORK_NOT_FOUND', wordsOf(error), { cause: error });
            if (isBeyondLimits(error)) throw new VncctlError('USAGE', `the engine can't give that much or little: ${wordsOf(error)}`, { cause: error });
            if (statusOf(error) === 404 && /image/i.test(wordsOf(error))) throw new VncctlError('IMAGE_NOT_FOUND', `the engine has no image ${spec.image}`, { cause: error });
            throw error;
          }
        },
        options,
      );
    },

    async start(id, options) {
      await call(
        `start container ${short(id)}`,
        async (signal) => {
          try {
            await at(id).start(signalled(signal, {}));
          } catch (error) {
            if (statusOf(error) === 304) return;
            if (isNetworkMissing(error)) throw new VncctlError('NETWORK_NOT_FOUND', wordsOf(error), { cause: error });
            if (statusOf(error) === 404 || /marked for removal/i.test(wordsOf(error))) throw gone(id, error);
            if (isPortTaken(error)) throw new VncctlError('NO_FREE_PORT', wordsOf(error), { cause: error });
            throw error;
          }
        },
        options,
      );
    },

    async stop(id, graceSeconds, options) {
      await call(
        `stop container ${short(id)}`,
        async (signal) => {
          // The API takes another signal with its stop only from 1.42 on.
          if (options?.stopSignal !== undefined && (await endsBy(at(id), options.stopSignal, graceSeconds, signal))) return;
          const stop = (): Promise<unknown> => unlessStatus([304, 404], at(id).stop(inQuery(signal, { t: options?.stopSignal === undefined ? graceSeconds : 0 })));
          try {
            await stop();
          } catch (error) {
            // Podman stops no paused one.
            if (!/running or paused/i.test(wordsOf(error))) throw error;
            await at(id).unpause(signalled(signal, {}));
            await stop();
          }
        },
        options,
        (graceSeconds + 20) * 1000,
      );
    },

    async rename(id, name, options) {
      await call(
        `rename container ${short(id)} to ${name}`,
        async (signal) => {
          try {
            // By its old name, which is looked up once the engine has the request: whoever renamed it before this one is not overruled.
            await at(options?.from ?? id).rename(inQuery(signal, { name }));
          } catch (error) {
            if (/same name/i.test(wordsOf(error))) return;
            if (isNameTaken(error)) throw new VncctlError('NAME_TAKEN', `the container name ${name} is in use`, { cause: error });
            if (statusOf(error) === 404) throw gone(id, error);
            throw error;
          }
        },
        options,
      );
    },

    async updateLimits(id, { cpus, memoryBytes }, options) {
      await call(
        `change the limits of container ${short(id)}`,
        async (signal) => {
          try {
            await at(id).update(inBody(signal, limitOptions(cpus, memoryBytes)));
          } catch (error) {
            if (statusOf(error) === 404) throw gone(id, error);
            if (isBeyondLimits(error)) throw new VncctlError('USAGE', `the engine can't give that much or little: ${wordsOf(error)}`, { cause: error });
            throw error;
          }
        },
        options,
      );
    },

    async cpuMs(id, options) {
      const total = (await statsOf(id, options))?.cpu_stats?.cpu_usage?.total_usage;
      return total ? total / 1e6 : undefined;
    },

    async memoryBytes(id, options) {
      const memory = (await statsOf(id, options))?.memory_stats;
      if (!memory?.usage) return undefined;
      // Files it read, which the system can drop: of cgroups in their second version, or the first.
      const { inactive_file: inactive, total_inactive_file: totalInactive } = memory.stats ?? {};
      return Math.max(0, memory.usage - (totalInactive ?? inactive ?? 0));
    },

    async writtenBytes(id, options) {
      return call(
        `measure what container ${short(id)} has written`,
        async (signal) => writtenOf(await unlessStatus([404], at(id).inspect(signalled(signal, { size: true }) as object))),
        options,
      );
    },

    async pause(id, options) {
      await call(
        `pause container ${short(id)}`,
        async (signal) => {
          try {
            await at(id).pause(signalled(signal, {}));
          } catch (error) {
            if (statusOf(error) === 404) throw gone(id, error);
            throw error;
          }
        },
        options,
      );
    },

    async unpause(id, options) {
      await call(
        `wake container ${short(id)}`,
        async (signal) => {
          try {
            await at(id).unpause(signalled(signal, {}));
          } catch (error) {
            if (statusOf(error) === 404) throw gone(id, error);
            if (!/not paused/i.test(wordsOf(error))) throw error;
          }
        },
        options,
      );
    },

    async remove(id, options) {
      await call(
        `remove container ${short(id)}`,
        async (signal) => {
          for (;;) {
            try {
              await at(id).remove(signalled(signal, { force: true, v: true }));
              return;
            } catch (error) {
              if (statusOf(error) === 404) return;
              // Another process is removing it: its name is free only when that has ended.
              if (!/removal .*already in progress/i.test(wordsOf(error))) throw error;
              await unlessStatus([404], at(id).wait(inQuery(signal, { condition: 'removed' as const })));
              return;
            }
          }
        },
        options,
        60_000,
      );
    },

    async waitForExit(id, options) {
      return call(
        `watch container ${short(id)}`,
        async (signal) => {
          const result = await unlessStatus([404], at(id).wait(inQuery(signal, { condition: 'not-running' as const })));
          return (result as { StatusCode: number } | undefined)?.StatusCode;
        },
        options,
        24 * 3_600_000,
      );
    },

    async exec(id, argv, options) {
      return call(
        `run ${argv[0] ?? ''} in container ${short(id)}`,
        async (signal) => {
          const exec = await at(id).exec(inBody(signal, { Cmd: [...argv], AttachStdout: true, AttachStderr: true }));
          const stream = await exec.start(signalled(signal, {}));
          const chunks: Buffer[] = [];
          for await (const chunk of stream) chunks.push(chunk as Buffer);
          const { ExitCode } = await exec.inspect(signalled(signal, {}));
          return { exitCode: ExitCode ?? -1, output: splitFrames(Buffer.concat(chunks)) };
        },
        options,
      );
    },

    events: createEvents(docker, call),

    async usage(id, options) {
      const stats = await statsOf(id, options);
      return stats && usageOf(stats);
    },

    async logs(id, tailLines, options) {
      return call(
        `read the log of container ${short(id)}`,
        async (signal) => {
          const bytes = await unlessStatus([404], at(id).logs(signalled(signal, { follow: false as const, stdout: true, stderr: true, tail: tailLines })));
          return bytes === undefined
            ? []
            : splitFrames(bytes as unknown as Buffer)
                .split('\n')
                .filter((line) => line !== '');
        },
        options,
      );
    },
  };
}

/** Sends the signal and waits; whether the container has ended when the grace is over. */
async function endsBy(container: Docker.Container, name: string, graceSeconds: number, signal: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(graceSeconds * 1000);
  // Refused where it does not run, which the wait then tells.
  await unlessStatus([404, 409], container.kill(inQuery(signal, { signal: name })));
  try {
    await unlessStatus([404], container.wait(inQuery(AbortSignal.any([signal, late]), { condition: 'not-running' as const })));
    return true;
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    return false;
  }
}

const isBeyondLimits = (error: unknown): boolean => /range of cpus|minimum memory/i.test(wordsOf(error));

const short = (id: string): string => id.slice(0, 12);

const gone = (id: string, cause: unknown): VncctlError => new VncctlError('DESKTOP_NOT_FOUND', `container ${short(id)} is gone`, { cause });

async function unlessStatus<T>(statuses: number[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

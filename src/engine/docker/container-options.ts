// What a new container is created with: core's description in the words of the Docker API, and the hardening that every
// desktop has.
import type Docker from 'dockerode';
import type { ContainerSpec } from '../../core/engine.ts';

/** The body of a create request. Podman is told one bound more, which it would else set itself. */
export function createOptions(spec: ContainerSpec, podman: boolean): Docker.ContainerCreateOptions {
  const port = spec.publish ? `${spec.publish.containerPort}/tcp` : undefined;
  return {
    Image: spec.image,
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: { ...spec.labels },
    ...(spec.user === 'image' ? {} : { User: spec.user }),
    ...(port ? { ExposedPorts: { [port]: {} } } : {}),
    StopTimeout: spec.stopGraceSeconds,
    HostConfig: {
      NetworkMode: spec.network,
      Init: spec.init === 'engine',
      CapDrop: ['ALL'],
      CapAdd: [...spec.capabilities],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: spec.limits.pids,
      ...limitOptions(spec.limits.cpus, spec.limits.memoryBytes),
      ShmSize: spec.limits.shmSizeBytes,
      Tmpfs: { ...spec.tmpfs },
      LogConfig: { Type: 'json-file', Config: { 'max-size': String(spec.logMaxBytes), 'max-file': '1' } },
      RestartPolicy: { Name: 'no' },
      // Podman inherits the caller's limits otherwise. Plenty for a browser, and below the hard limit of an engine that may
      // not raise its own: asking for more than that fails every start.
      // Processes are bounded by the pids limit; Podman alone sets a bound for the user too, of a million unless told.
      Ulimits: [{ Name: 'nofile', Soft: 8192, Hard: 8192 }, ...(podman ? [{ Name: 'nproc', Soft: 32_768, Hard: 32_768 }] : [])],
      ...(port && spec.publish ? { PortBindings: { [port]: [{ HostIp: spec.publish.hostAddress, HostPort: String(spec.publish.hostPort) }] } } : {}),
    },
  };
}

/** The limits that can be changed later, in the words of the API. */
export function limitOptions(cpus: number, memoryBytes: number): { NanoCpus: number; Memory: number; MemorySwap: number } {
  // Swap equal to memory is no swap, so that one desktop can't slow the host for all.
  return { NanoCpus: Math.round(cpus * 1e9), Memory: memoryBytes, MemorySwap: memoryBytes };
}

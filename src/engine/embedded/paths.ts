// Where the embedded engine keeps what it has: everything is below one folder, but for the runtime files when that
// folder's path is too long for a Unix socket.
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Absolute paths and names of one embedded engine. */
export interface EmbeddedPaths {
  folder: string;
  data: string;
  /** Sockets and runtime state; below `folder` unless that is too long. */
  runtime: string;
  exec: string;
  socket: string;
  pidFile: string;
  containerdPidFile: string;
  /** A configuration of its own, so that the system's daemon.json stays out of it. */
  configFile: string;
  rangesFile: string;
  log: string;
  previousLog: string;
  /** Name of the bridge image builds use; at most 15 characters. */
  bridge: string;
  /** Namespace within a containerd that the system may run. */
  containerdNamespace: string;
}

// The kernel takes 107 characters; containerd adds the longest of all names below the exec root.
const LONGEST_SOCKET = 107;
const LONGEST_NAME_BELOW_EXEC = '/containerd/containerd-debug.sock.ttrpc'.length;

/** Where the embedded engine of one state folder answers: the `socket` of its paths, without the time that the others take. */
export function embeddedSocketOf(stateFolder: string): string {
  return join(runtimeOf(join(stateFolder, 'engine')), 'docker.sock');
}

/** The paths of the embedded engine of one state folder; the same folder always gives the same ones. */
export function embeddedPaths(stateFolder: string): EmbeddedPaths {
  const folder = join(stateFolder, 'engine');
  const hash = hashOf(folder);
  const runtime = runtimeOf(folder);
  const exec = join(runtime, 'exec');
  return {
    folder,
    runtime,
    exec,
    data: join(folder, 'data'),
    socket: embeddedSocketOf(stateFolder),
    pidFile: join(runtime, 'dockerd.pid'),
    containerdPidFile: join(exec, 'containerd', 'containerd.pid'),
    configFile: join(folder, 'daemon.json'),
    rangesFile: join(folder, 'ranges.json'),
    log: join(folder, 'dockerd.log'),
    previousLog: join(folder, 'dockerd.log.1'),
    bridge: `vnc${hash}`,
    containerdNamespace: `vncctl-${hash}`,
  };
}

function runtimeOf(folder: string): string {
  const fits = Buffer.byteLength(join(folder, 'exec')) + LONGEST_NAME_BELOW_EXEC <= LONGEST_SOCKET;
  return fits ? folder : `/run/vncctl-${hashOf(folder)}`;
}

function hashOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 10);
}

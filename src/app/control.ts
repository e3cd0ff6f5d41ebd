// The part of the composition root that asks the daemon which runs.
import type { DaemonControl } from '../core/control.ts';
import { createControlClient } from '../daemon/control-client.ts';
import { VncctlError } from '../errors.ts';
import type { RunningDaemon } from '../store/daemon-lock.ts';

/** The way to it; connects to nothing yet. DAEMON_NOT_RUNNING when there is none, or one that can't be asked. */
export function openControl(daemon: RunningDaemon | undefined): DaemonControl {
  if (!daemon) throw new VncctlError('DAEMON_NOT_RUNNING', 'no daemon runs that could be asked', { hint: 'start it: vncctl daemon' });
  const { pid, socket } = daemon;
  if (socket === undefined) throw new VncctlError('DAEMON_NOT_RUNNING', `the daemon that runs (process ${pid}) can't be asked: it has just begun, or is of an older version`, { hint: 'try again, or start it anew' });
  return createControlClient({ socket });
}

// The failures of asking for a link that nobody would answer.
import type { App } from '../app.ts';
import { VncctlError } from '../errors.ts';

/** Why no link leads to the desktop of `title`, which has no port of its own. */
export function noDoor(app: App, title: string): VncctlError {
  return daemonNotRunning(app, `the desktop of ${title} has no port of its own, and`, `   (or give it a port: vncctl up ${title} --direct --recreate)`);
}

/** The failure of asking for what only a daemon that answers can give. `before` begins the sentence, `otherwise` ends the hint. */
export function daemonNotRunning(app: App, before = '', otherwise = ''): VncctlError {
  const [why, hint] = app.daemon() ? ['the daemon that runs answers nowhere that a browser could ask', 'see: vncctl config get listen, vncctl config get publicUrl, and start it anew'] : ['no daemon runs that would answer the link', 'start it: vncctl daemon'];
  return new VncctlError('DAEMON_NOT_RUNNING', `${before} ${why}`.trim(), { hint: `${hint}${otherwise}` });
}

// The end of much at once: of a command, of the daemon, of what it keeps.
import { setMaxListeners } from 'node:events';

/** A controller whose signal as many may listen to as things are under way: beyond ten Node takes them for a leak, and says so on stderr. */
export function createStop(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

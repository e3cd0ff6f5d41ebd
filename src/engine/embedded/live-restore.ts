// Whether the containers of the embedded engine survive its dockerd (Docker's `live-restore`). On while the engine runs, so that a
// crash or an update of dockerd ends no desktop; switched off just before a stop that is meant to end them all.
import { readFileSync, writeFileSync } from 'node:fs';
import type { EmbeddedPaths } from './paths.ts';
import type { EmbeddedSystem } from './system.ts';

const SWITCH_DEADLINE_MS = 5_000;
const ASK_DEADLINE_MS = 1_000;
const POLL_MS = 25;

/** Writes the configuration that a dockerd which is started next reads. */
export function writeConfiguration(paths: EmbeddedPaths, containersSurvive: boolean): void {
  writeFileSync(paths.configFile, textOf(containersSurvive), { mode: 0o600 });
}

/** Switches it on in a dockerd that an older version started without it; a signal at most, nothing ends. */
export function letContainersSurvive(system: EmbeddedSystem, paths: EmbeddedPaths, pid: number): void {
  if (readConfiguration(paths) === textOf(true)) return;
  writeConfiguration(paths, true);
  system.kill(pid, 'SIGHUP');
}

/** Switches it off in a running dockerd: when that ends, it stops its containers, each by its own signal and with its own grace. One that doesn't answer is left as it is. */
export async function letContainersEnd(system: EmbeddedSystem, paths: EmbeddedPaths, pid: number): Promise<void> {
  writeConfiguration(paths, false);
  system.kill(pid, 'SIGHUP');
  const untilMs = system.clock.monotonicMs() + SWITCH_DEADLINE_MS;
  while ((await system.containersSurvive(paths.socket, ASK_DEADLINE_MS)) !== false && system.clock.monotonicMs() < untilMs) await system.clock.sleep(POLL_MS);
}

const textOf = (containersSurvive: boolean): string => `${JSON.stringify({ 'live-restore': containersSurvive })}\n`;

function readConfiguration(paths: EmbeddedPaths): string | undefined {
  try {
    return readFileSync(paths.configFile, 'utf8');
  } catch {
    return undefined;
  }
}

// The embedded engine as the program sees it: its operations over the real machine.
import type { Clock } from '../../core/clock.ts';
import type { ProgressListener } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import { closeHostAgain, connectDocker } from '../docker/engine.ts';
import type { Endpoint } from '../endpoint.ts';
import { hostRules } from '../host-rules.ts';
import { createMachine } from './machine.ts';
import { embeddedPaths } from './paths.ts';
import { type StartOptions, type StartResult, startEmbeddedEngine } from './start.ts';
import { type EmbeddedStatus, embeddedStatus, removeEmbeddedEngine, stopEmbeddedEngine } from './stop.ts';
import type { EmbeddedSystem, SocketAnswer } from './system.ts';

/** What can be done with the embedded engine of one installation. */
export interface EmbeddedEngine {
  /** Makes sure that an engine answers; one that is there already is used. */
  start(onProgress: ProgressListener, options: StartOptions): Promise<StartResult>;
  status(): Promise<EmbeddedStatus>;
  /** Whether there was one to stop. */
  stop(): Promise<boolean>;
  /** Stops it and deletes its data; whether there was one. */
  remove(): Promise<boolean>;
}

export interface EmbeddedWiring {
  stateFolder: string;
  clock: Clock;
  /** The engine that commands would use now; ENGINE_MISSING when none is found. */
  locate: () => Endpoint;
  /** Makes later commands find this engine. */
  remember: () => Promise<void>;
  /** Takes that back; a setting that names another engine stays. */
  forget: () => Promise<void>;
  lock: EmbeddedSystem['withLock'];
}

const ASK_DEADLINE_MS = 5_000;

/** The operations; nothing is touched until one is called. */
export function embeddedEngine({ stateFolder, clock, locate, remember, forget, lock }: EmbeddedWiring): EmbeddedEngine {
  const system = createMachine(clock, lock);
  const paths = embeddedPaths(stateFolder);
  return {
    async start(progress, options) {
      const result = await startEmbeddedEngine({ system, paths, progress, ask, resolve: () => found(locate), remember }, options);
      if (result.outcome !== 'used') await closeHostAgain({ address: result.address, transport: 'unix' }, hostRules(system.run));
      return result;
    },
    status: () => embeddedStatus(system, paths),
    stop: () => stopEmbeddedEngine(system, paths),
    remove: () => removeEmbeddedEngine(system, paths, forget),
  };
}

function found(locate: () => Endpoint): Endpoint | undefined {
  try {
    return locate();
  } catch (error) {
    if (error instanceof VncctlError && error.code === 'ENGINE_MISSING') return undefined;
    throw error;
  }
}

async function ask(endpoint: Endpoint): Promise<SocketAnswer> {
  const engine = connectDocker(endpoint, { deadlineMs: ASK_DEADLINE_MS });
  try {
    await engine.ping();
    return 'answers';
  } catch (error) {
    return error instanceof VncctlError && error.code === 'ENGINE_DENIED' ? 'denied' : 'silent';
  } finally {
    engine.close();
  }
}

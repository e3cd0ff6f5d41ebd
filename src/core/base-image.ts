// Which image the project's own images are built on: Debian's from a registry where one is reachable, else one bootstrapped
// from the distribution's package archive. Owns the order; how a bootstrap is done is engine/bootstrap-base.ts.
import { VncctlError, isVncctlError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Images, ProgressListener } from './engine.ts';

export const REGISTRY_BASE = 'debian:bookworm-slim';
export const BOOTSTRAPPED_BASE = 'vncctl/base:bookworm';
/** Label of a bootstrapped base: says how it came to be. */
export const BASE_LABEL = 'io.vncctl.base';

/** A root filesystem as a tar stream; `dispose` frees what it was kept in. */
export interface BootstrappedRootfs {
  tar: NodeJS.ReadableStream;
  dispose(): Promise<void>;
}

/** What making sure of the base needs. */
export interface BaseImageDependencies {
  images: Pick<Images, 'find' | 'pull' | 'importRootfs'>;
  clock: Clock;
  bootstrap: (progress: ProgressListener, signal?: AbortSignal) => Promise<BootstrappedRootfs>;
}

// A registry that is there says something well within this; without a network the engine gives up in under 0.1 s.
const FIRST_WORD_MS = 8_000;
const PULL_DEADLINE_MS = 15 * 60_000;
const IMPORT_DEADLINE_MS = 5 * 60_000;

/** Makes sure of a base and returns its reference, to build with as `BASE`. An image that is there already is used without asking any registry. */
export async function ensureBaseImage(dependencies: BaseImageDependencies, progress: ProgressListener, signal?: AbortSignal): Promise<string> {
  const { images } = dependencies;
  for (const reference of [REGISTRY_BASE, BOOTSTRAPPED_BASE]) {
    if ((await images.find(reference, { signal })) !== undefined) return reference;
  }
  const pullFault = await tryPull(dependencies, progress, signal);
  if (pullFault === undefined) return REGISTRY_BASE;
  progress(`no registry gives ${REGISTRY_BASE} (${pullFault.message.split('\n')[0]}): bootstrapping ${BOOTSTRAPPED_BASE} from the package archive`);
  try {
    const rootfs = await dependencies.bootstrap(progress, signal);
    try {
      await images.importRootfs(rootfs.tar, BOOTSTRAPPED_BASE, { signal, deadlineMs: IMPORT_DEADLINE_MS, labels: { [BASE_LABEL]: 'bootstrapped' } });
    } finally {
      await rootfs.dispose();
    }
  } catch (error) {
    if (!isVncctlError(error, 'PULL_FAILED', 'ENGINE_MISSING')) throw error;
    throw new VncctlError('PULL_FAILED', `there is no base image: ${pullFault.message}; and ${error.message}`, {
      hint: error.hint ?? `load it from another machine: docker load < base.tar, as ${REGISTRY_BASE}`,
      cause: error,
    });
  }
  return BOOTSTRAPPED_BASE;
}

/** Undefined once pulled; the fault when no registry gave it. Only silence is bounded tightly: a slow download may take its time. */
async function tryPull(dependencies: BaseImageDependencies, progress: ProgressListener, signal: AbortSignal | undefined): Promise<Error | undefined> {
  const silence = new AbortController();
  const heard = new AbortController();
  const watch = dependencies.clock.sleep(FIRST_WORD_MS, heard.signal).then(
    () => silence.abort(new VncctlError('PULL_FAILED', `the registry said nothing for ${FIRST_WORD_MS / 1000} s`)),
    () => undefined,
  );
  const onProgress: ProgressListener = (line) => {
    heard.abort();
    progress(line);
  };
  try {
    const bounds = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
    await dependencies.images.pull(REGISTRY_BASE, onProgress, { signal: bounds, deadlineMs: PULL_DEADLINE_MS });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (isVncctlError(error, 'PULL_FAILED', 'ENGINE_TIMEOUT', 'IMAGE_NOT_FOUND')) return error;
    if (silence.signal.aborted) return silence.signal.reason;
    throw error;
  } finally {
    heard.abort();
    await watch;
  }
}

import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type BaseImageDependencies, BASE_LABEL, BOOTSTRAPPED_BASE, REGISTRY_BASE, ensureBaseImage } from '../../../src/core/base-image.ts';
import { VncctlError } from '../../../src/errors.ts';

interface Scene {
  dependencies: BaseImageDependencies;
  did: string[];
  said: string[];
  say: (line: string) => void;
  /** Lets the bound on the registry's silence run out. */
  passTime: () => void;
}

function scene(present: string[], pull: BaseImageDependencies['images']['pull'], bootstrapFault?: Error): Scene {
  const did: string[] = [];
  const said: string[] = [];
  let passTime = (): void => undefined;
  const dependencies: BaseImageDependencies = {
    images: {
      find: async (reference) => (present.includes(reference) ? { id: 'x', labels: {}, sizeBytes: 1, createdAt: '2026-01-01T00:00:00Z' } : undefined),
      pull: (reference, onProgress, options) => {
        did.push(`pull ${reference}`);
        return pull(reference, onProgress, options);
      },
      importRootfs: async (_, reference, options) => {
        did.push(`import ${reference} ${options?.labels?.[BASE_LABEL]}`);
      },
    },
    clock: {
      now: () => new Date(0),
      monotonicMs: () => 0,
      sleep: (_, signal) =>
        new Promise((resolve, reject) => {
          passTime = resolve;
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    },
    bootstrap: async () => {
      did.push('bootstrap');
      if (bootstrapFault !== undefined) throw bootstrapFault;
      return { tar: Readable.from([]), dispose: async () => void did.push('dispose') };
    },
  };
  return { dependencies, did, said, say: (line) => said.push(line), passTime: () => passTime() };
}

const offline = async (): Promise<void> => {
  throw new VncctlError('PULL_FAILED', 'no such host');
};
/** A pull that waits for ever; however the engine words an abort must not matter. */
const untilAborted = (words: Error): BaseImageDependencies['images']['pull'] => (_, __, options) => new Promise((___, reject) => options?.signal?.addEventListener('abort', () => reject(words)));
const bootstrapped = ['bootstrap', `import ${BOOTSTRAPPED_BASE} bootstrapped`, 'dispose'];

describe('the base', () => {
  test.each([REGISTRY_BASE, BOOTSTRAPPED_BASE])('%s is used as it is when there, without a word to any registry', async (reference) => {
    const { dependencies, did, say } = scene([reference], offline);
    expect(await ensureBaseImage(dependencies, say)).toBe(reference);
    expect(did).toEqual([]);
  });
  test('is pulled where a registry is reachable', async () => {
    const { dependencies, did, say } = scene([], async (_, onProgress) => onProgress('Pulling from library/debian'));
    expect(await ensureBaseImage(dependencies, say)).toBe(REGISTRY_BASE);
    expect(did).toEqual([`pull ${REGISTRY_BASE}`]);
  });
  test('is bootstrapped where none is, and a line says so', async () => {
    const { dependencies, did, said, say } = scene([], offline);
    expect(await ensureBaseImage(dependencies, say)).toBe(BOOTSTRAPPED_BASE);
    expect(did.slice(1)).toEqual(bootstrapped);
    expect(said.join()).toMatch(/no such host.*bootstrapping vncctl\/base:bookworm/);
  });
  test('does not wait for a registry that says nothing', async () => {
    const { dependencies, did, say, passTime } = scene([], untilAborted(new Error('aborted')));
    const ensured = ensureBaseImage(dependencies, say);
    await expect.poll(() => did).toEqual([`pull ${REGISTRY_BASE}`]);
    passTime();
    expect(await ensured).toBe(BOOTSTRAPPED_BASE);
    expect(did.slice(1)).toEqual(bootstrapped);
  });
  test('is given up at once when the caller is interrupted', async () => {
    const { dependencies, did, say } = scene([], untilAborted(new VncctlError('PULL_FAILED', 'cut off')));
    const caller = new AbortController();
    const ensured = ensureBaseImage(dependencies, say, caller.signal);
    await expect.poll(() => did).toHaveLength(1);
    caller.abort(new VncctlError('INTERRUPTED', 'interrupted'));
    await expect(ensured).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(did).toHaveLength(1);
  });
  test('that comes from nowhere is one error with both causes', async () => {
    const { dependencies, say } = scene([], offline, new VncctlError('PULL_FAILED', 'archive unreachable', { hint: 'apt-get update' }));
    await expect(ensureBaseImage(dependencies, say)).rejects.toMatchObject({ code: 'PULL_FAILED', message: expect.stringMatching(/no such host.*archive unreachable/), hint: 'apt-get update' });
  });
  test('is not bootstrapped when the engine itself is gone', async () => {
    const gone = new VncctlError('ENGINE_UNREACHABLE', 'gone');
    const { dependencies, did, say } = scene([], async () => { throw gone; });
    await expect(ensureBaseImage(dependencies, say)).rejects.toBe(gone);
    expect(did).toHaveLength(1);
  });
});

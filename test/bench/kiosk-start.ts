// One desktop of an image, started by the engine's calls alone and looked at until its page is painted.
import type { ContainerId } from '../../src/core/engine.ts';
import { nameOf, SECRET, type Workshop } from './workshop.ts';

export interface KioskStart {
  id: ContainerId;
  /** One of its processes on this machine. */
  pid: number;
  /** Milliseconds since the create request. */
  reachedMs: { rfb: number; page: number };
}

const WITHIN_MS = 120_000;

/** Starts it for the client with the number 1. Whoever asked removes it; a failed one is removed here. */
export async function startKiosk({ engine, spec, probe }: Workshop, image: string): Promise<KioskStart> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  const startedMs = performance.now();
  const reachedMs = { rfb: 0, page: 0 };
  const id = await engine.containers.create(nameOf(1), spec(1, image, { unpublished: true }));
  try {
    await engine.containers.start(id);
    const { address, pid } = (await engine.containers.find(id)) ?? {};
    if (!address || pid === undefined) throw new Error('the desktop has no address or process on this machine');
    await probe.waitFor('page', { kind: 'tcp', host: address, port: 5900, secret: SECRET }, {
      signal,
      onStage: (stage) => {
        if (stage === 'rfb' || stage === 'page') reachedMs[stage] = performance.now() - startedMs;
      },
    });
    return { id, pid, reachedMs };
  } catch (error) {
    await engine.containers.remove(id);
    throw error;
  }
}

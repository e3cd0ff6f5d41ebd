// Who has a warm desktop in hand: whoever takes, makes or removes one holds its lock, so that no two do it at once. Here is what is
// asked of such locks, and those that live in the engine, for when several machines drive it. Locks of one machine: engine/member-locks.ts.
import { isVncctlError } from '../errors.ts';
import type { ContainerSpec, Engine } from './engine.ts';
import { LABEL, ownershipLabels } from './labels.ts';
import type { DesktopId } from './store.ts';

/** Whose lock it is: a warm desktop, also one that is about to be made. */
export interface LockSubject {
  desktopId: DesktopId;
  /** Of its container while it waits in the pool. */
  name: string;
  imageId: string;
}

/** Gives the lock back. Never rejects. */
export type ReleaseLock = () => Promise<void>;

export interface MemberLocks {
  /** Takes it without waiting; undefined when another one has it, in this process too. A holder that is killed has it no longer, at once or after `LOCK_LIFE_MS`. */
  tryTake(subject: LockSubject): Promise<ReleaseLock | undefined>;
}

/** How long a lock in the engine counts: longer than anybody works on a warm desktop. */
export const LOCK_LIFE_MS = 5 * 60_000;

/** Locks that are containers which never start: their names are unique for all who drive the engine. */
export function markerLocks(engine: Engine, instance: string): MemberLocks {
  return {
    async tryTake({ desktopId, name, imageId }) {
      try {
        const marker = await engine.containers.create(`${name}.lock`, markerSpec(imageId, { ...ownershipLabels(instance), [LABEL.lock]: desktopId }));
        // One that stays is garbage by its age, and is removed by the next filling.
        return () => engine.containers.remove(marker).catch(() => undefined);
      } catch (error) {
        if (isVncctlError(error, 'NAME_TAKEN')) return undefined;
        throw error;
      }
    },
  };
}

function markerSpec(image: string, labels: Readonly<Record<string, string>>): ContainerSpec {
  const limits = { cpus: 0.01, memoryBytes: 16 * 1024 ** 2, pids: 1, shmSizeBytes: 64 * 1024 };
  return { image, env: {}, labels, network: 'none', limits, user: 'image', capabilities: [], tmpfs: {}, init: 'engine', stopGraceSeconds: 1, logMaxBytes: 1024 ** 2 };
}

// The memory of a host: what is free without any desktop, less what each running or paused container takes of it.
import type { HostMemory } from '../../src/core/host-memory.ts';
import type { FakeContainerWorld } from './fake-containers.ts';

export interface FakeHostMemory extends HostMemory {
  /** Free without any desktop; undefined: nobody can tell. */
  freeBytes: number | undefined;
  /** What each that runs has taken. */
  takenEach: number;
}

/** Unknown until a test says how much there is; each desktop takes 256 MiB from its start. */
export function createFakeHostMemory(world: FakeContainerWorld): FakeHostMemory {
  const memory: FakeHostMemory = {
    freeBytes: undefined,
    takenEach: 256 * 1024 ** 2,
    async availableBytes() {
      const running = world.all.filter(({ state }) => state === 'running' || state === 'paused').length;
      return memory.freeBytes === undefined ? undefined : memory.freeBytes - running * memory.takenEach;
    },
  };
  return memory;
}

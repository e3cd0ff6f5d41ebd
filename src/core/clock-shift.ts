// When somebody sets the clock of the machine, what was remembered by the old one is moved along: nobody's age changes.
import type { Allocation, StoreState } from './store.ts';

/** The state with every time that a desktop's age and idleness count from moved by `shiftMs`. What a person named as a moment (`keptUntil`) stays. */
export function shiftTimes(state: StoreState, shiftMs: number): StoreState {
  return { ...state, allocations: Object.fromEntries(Object.entries(state.allocations).map(([id, allocation]) => [id, shifted(allocation, shiftMs)])) };
}

function shifted(allocation: Allocation, shiftMs: number): Allocation {
  const move = <K extends string>(record: Readonly<Partial<Record<K, string>>>, ...keys: readonly K[]): Partial<Record<K, string>> => {
    const moved: Partial<Record<K, string>> = {};
    for (const key of keys) {
      const at = record[key];
      if (at !== undefined) moved[key] = new Date(Date.parse(at) + shiftMs).toISOString();
    }
    return moved;
  };
  const { claimed, watched, warned } = allocation;
  return {
    ...allocation,
    ...move(allocation, 'createdAt', 'lastUsedAt', 'touchedAt'),
    ...(claimed ? { claimed: { ...claimed, ...move(claimed, 'at') } } : {}),
    ...(watched ? { watched: { ...watched, ...move(watched, 'viewerSeenAt', 'inputSeenAt', 'countsFrom') } } : {}),
    ...(warned ? { warned: { ...warned, ...move(warned, 'at', 'removeAt') } } : {}),
  };
}

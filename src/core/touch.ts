// `touch`: a desktop counts as used now.
import type { ClientId } from './client-id.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import { getDesktop } from './list.ts';

/** Marks the client's desktop as used now and returns it. DESKTOP_NOT_FOUND when there is none. */
export async function touchDesktop(desktops: Desktops, client: ClientId): Promise<Desktop> {
  const desktop = await getDesktop(desktops, client);
  const lastUsedAt = desktops.clock.now().toISOString();
  await desktops.store.update((state) => {
    const allocation = {
      desktopId: desktop.id,
      client,
      endpoint: desktops.engine.endpoint,
      image: desktop.image,
      createdAt: desktop.createdAt,
      ...state.allocations[desktop.id],
      lastUsedAt,
    };
    return { state: { ...state, allocations: { ...state.allocations, [desktop.id]: allocation } }, result: undefined };
  });
  return { ...desktop, lastUsedAt };
}

// The warm desktops among an instance's containers: what the engine's list tells of each.
import type { ContainerSummary } from './engine.ts';
import { decodeLabels } from './labels.ts';
import { isMember } from './owner.ts';
import type { Member } from './pool-plan.ts';
import type { StoreState } from './store.ts';

/** Those that wait in the pool; what was taken from it is a client's desktop. */
export function membersIn(containers: readonly ContainerSummary[], state: StoreState, instance: string): Member[] {
  return containers.flatMap((container): Member[] => {
    const labels = decodeLabels(container.labels, instance);
    if (!labels || labels.poolKey === undefined || !isMember(labels, container.name)) return [];
    const { desktopId, imageKey, poolKey, specHash, hostPort } = labels;
    const { id, name, imageId, createdAt, exitCode } = container;
    const used = state.allocations[desktopId] !== undefined;
    return [{ desktopId, container: id, name, image: imageKey, imageId, poolKey, specHash, state: container.state, createdAt, used, ...(exitCode === undefined ? {} : { exitCode }), ...(hostPort === undefined ? {} : { hostPort }) }];
  });
}

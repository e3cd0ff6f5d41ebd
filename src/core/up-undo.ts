// Taking back what an attempt of `up` made before it failed: container, then port. What another `up` has given away meanwhile stays.
import { isVncctlError } from '../errors.ts';
import type { Desktops } from './desktops.ts';
import type { ContainerId } from './engine.ts';
import { decodeLabels } from './labels.ts';
import { releasePort } from './port-reservation.ts';
import type { DesktopId } from './store.ts';
import type { UpQuestion } from './up-plan.ts';

/** What one attempt has made so far, to be taken back if it fails. */
export interface Made {
  /** Set before the engine is asked: it may have made the container although its answer never came. */
  desktop?: DesktopId;
  container?: ContainerId;
  port?: number;
}

// An engine that has just failed to answer is not waited for twice; what stays is adopted or cleaned by the next command.
const UNDO_DEADLINE_MS = 30_000;
const UNDO_DEADLINE_WITHOUT_ENGINE_MS = 2_000;

/** Takes back in reverse what this attempt made; its own failures are left to the next command. */
export async function undo(desktops: Desktops, question: Pick<UpQuestion, 'name' | 'instance'>, made: Made, because: unknown): Promise<void> {
  const { engine } = desktops;
  const deadlineMs = isVncctlError(because, 'ENGINE_UNREACHABLE', 'ENGINE_TIMEOUT') ? UNDO_DEADLINE_WITHOUT_ENGINE_MS : UNDO_DEADLINE_MS;
  try {
    const container = made.container ?? (await findMade(desktops, question, made, deadlineMs));
    if (container !== undefined && !(await isHandedOut(desktops, made))) await engine.containers.remove(container, { deadlineMs });
  } catch {
    // Adopted or cleaned by the next command.
  }
  if (made.port !== undefined) await releasePort(desktops, made.port).catch(() => {});
}

/** The container of a create whose answer never came. */
async function findMade({ engine }: Desktops, question: Pick<UpQuestion, 'name' | 'instance'>, { desktop }: Made, deadlineMs: number): Promise<ContainerId | undefined> {
  if (desktop === undefined) return undefined;
  const container = await engine.containers.find(question.name, { deadlineMs });
  return container && decodeLabels(container.labels, question.instance)?.desktopId === desktop ? container.id : undefined;
}

/** Whether another `up` has adopted it meanwhile and given its link away. */
async function isHandedOut({ store }: Desktops, { desktop }: Made): Promise<boolean> {
  return desktop !== undefined && (await store.read()).allocations[desktop] !== undefined;
}

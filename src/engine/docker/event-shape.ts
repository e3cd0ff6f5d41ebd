// What the Docker API tells of one happening, in core's words. Podman speaks the same form with some verbs of its own.
import type { ContainerEvent, ContainerEventKind, ContainerId } from '../../core/engine.ts';

/** One line of `GET /events`, as far as it is read. Newer engines leave the old fields `status` and `id` out. */
export interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  timeNano: number;
}

const KINDS: Readonly<Record<string, ContainerEventKind>> = {
  create: 'created',
  start: 'started',
  die: 'died',
  died: 'died',
  destroy: 'removed',
  remove: 'removed',
  rename: 'renamed',
  pause: 'paused',
  unpause: 'unpaused',
};

/** The verbs of all engines that are worth telling. */
export const EVENT_VERBS: readonly string[] = Object.keys(KINDS);

// Beside the labels of the container, an event's attributes hold these of the engine's own.
const OWN_ATTRIBUTES = new Set(['image', 'name', 'oldName', 'exitCode', 'containerExitCode', 'podId', 'network', 'error', 'signal', 'execDuration']);

/** The event in core's words; undefined when it is about something else, or about a container without all of these labels. */
export function eventOf({ Type, Action, Actor, timeNano }: EngineEvent, wanted: Readonly<Record<string, string>>): ContainerEvent | undefined {
  const kind = Object.hasOwn(KINDS, Action) ? KINDS[Action] : undefined;
  if (Type !== 'container' || !kind) return undefined;
  const { ID, Attributes: attributes } = Actor;
  // Podman takes one label of several for enough.
  if (Object.entries(wanted).some(([key, value]) => attributes[key] !== value)) return undefined;
  const exitCode = attributes['exitCode'] ?? attributes['containerExitCode'];
  return {
    kind,
    id: ID as ContainerId,
    name: (attributes['name'] ?? '').replace(/^\//, ''),
    labels: Object.fromEntries(Object.entries(attributes).filter(([key]) => !OWN_ATTRIBUTES.has(key))),
    at: new Date(timeNano / 1e6).toISOString(),
    ...(kind === 'died' && exitCode !== undefined ? { exitCode: Number(exitCode) } : {}),
  };
}

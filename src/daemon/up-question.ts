// The question of `up` as it comes over the daemon's socket, checked before anything is done with it.
import { type ReadyStage, READY_STAGES } from '../core/catalog.ts';
import { parseClientId } from '../core/client-id.ts';
import type { DurationLimit } from '../core/duration.ts';
import type { UpAsk } from '../core/hand-out.ts';
import { LEASE_FIELDS, type LeaseChanges } from '../core/lease.ts';
import type { DesktopWishes } from '../core/spec.ts';

export interface UpQuestionAsked {
  /** What the asking process is made of, each fact by its name. */
  facts: Readonly<Record<string, unknown>>;
  ask: UpAsk;
}

type Fields = Readonly<Record<string, unknown>>;

/** What was asked; undefined when it is no such question. Throws BAD_CLIENT_ID. */
export function readUpQuestion(value: unknown): UpQuestionAsked | undefined {
  const question = fieldsOf(value);
  const [facts, asked] = [fieldsOf(question?.['facts']), fieldsOf(question?.['ask'])];
  if (!facts || !asked) return undefined;
  const { client, image, recreate, stage, timeoutMs } = asked;
  const [wishes, lease] = [wishesIn(asked['wishes']), leaseIn(asked['lease'])];
  const isRight = typeof client === 'string' && isOptional(image, 'string') && typeof recreate === 'boolean' && (stage === undefined || isStage(stage)) && isOptional(timeoutMs, 'number');
  if (!isRight || !wishes || !lease) return undefined;
  return {
    facts,
    ask: {
      // Whether it is one that the settings take was decided where it was typed.
      client: parseClientId(client, 'any').id,
      wishes,
      lease,
      recreate,
      ...(typeof image === 'string' ? { image } : {}),
      ...(isStage(stage) ? { stage } : {}),
      ...(typeof timeoutMs === 'number' ? { timeoutMs } : {}),
    },
  };
}

function wishesIn(value: unknown): DesktopWishes | undefined {
  const wishes = fieldsOf(value);
  const env = fieldsOf(wishes?.['env']);
  if (!wishes || !env || !Object.values(env).every((text) => typeof text === 'string')) return undefined;
  const { url, size, cpus, memoryBytes, direct } = wishes;
  const sides = size === undefined ? {} : fieldsOf(size);
  const isSize = size === undefined || (Number.isInteger(sides?.['width']) && Number.isInteger(sides?.['height']));
  const isRight = isOptional(url, 'string') && isSize && isOptional(cpus, 'number') && isOptional(memoryBytes, 'number') && isOptional(direct, 'boolean');
  return isRight ? (wishes as unknown as DesktopWishes) : undefined;
}

function leaseIn(value: unknown): LeaseChanges | undefined {
  const lease = fieldsOf(value);
  const isLength = (length: unknown): length is DurationLimit => length === 'never' || (typeof length === 'number' && length > 0);
  return lease && Object.entries(lease).every(([field, length]) => LEASE_FIELDS.some((known) => known === field) && isLength(length)) ? lease : undefined;
}

const isStage = (value: unknown): value is ReadyStage => READY_STAGES.some((stage) => stage === value);

function isOptional(value: unknown, type: 'string' | 'number' | 'boolean'): boolean {
  return value === undefined || typeof value === type;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

// The question of `up` as it comes over the daemon's socket, checked for its shape before anything is done with it; what its words
// mean is core/up-request.ts.
import { READY_STAGES } from '../core/catalog.ts';
import { parseClientId } from '../core/client-id.ts';
import type { UpAsk } from '../core/hand-out.ts';
import { LEASE_FIELDS } from '../core/lease.ts';
import type { UpWords } from '../core/up-request.ts';

export interface UpQuestionAsked {
  /** What the asking process is made of, each fact by its name. */
  facts: Readonly<Record<string, unknown>>;
  ask: UpAsk;
}

type Fields = Readonly<Record<string, unknown>>;

/** What was asked; undefined when it is no such question. Throws BAD_CLIENT_ID. */
export function readUpQuestion(value: unknown): UpQuestionAsked | undefined {
  const question = fieldsOf(value);
  const [facts, ask] = [fieldsOf(question?.['facts']), fieldsOf(question?.['ask'])];
  const [client, words] = [ask?.['client'], fieldsOf(ask?.['words'])];
  if (!facts || typeof client !== 'string' || !words || !areUpWords(words)) return undefined;
  // Whether it is one that the settings take was decided where it was typed.
  return { facts, ask: { client: parseClientId(client, 'any').id, words } };
}

const TEXTS: readonly string[] = ['image', 'url', 'size', 'cpus', 'memory', 'timeout', 'queue', ...LEASE_FIELDS];
const FLAGS: readonly string[] = ['recreate', 'direct'];

function areUpWords(words: Fields): words is Fields & UpWords {
  return Object.entries(words).every(([name, value]) => {
    if (name === 'wait') return READY_STAGES.some((stage) => stage === value);
    if (name === 'env') return Object.values(fieldsOf(value) ?? { none: undefined }).every((text) => typeof text === 'string');
    return (TEXTS.includes(name) && typeof value === 'string') || (FLAGS.includes(name) && typeof value === 'boolean');
  });
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

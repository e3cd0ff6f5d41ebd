// Life events as lines of JSON: spelled whole, read with care. A torn line, or one of another program, is no event.
import { LIFE_EVENTS, type LifeEvent, type LifeEventKind } from '../core/journal.ts';
import type { DesktopId } from '../core/store.ts';
import { isObject } from './json-file.ts';

/** One line with its end; the names always in the same order. */
export function spellEvent({ at, event, desktop, cause, image, client, removeAt }: LifeEvent): string {
  return `${JSON.stringify({ at, event, desktop, cause, image, client, removeAt })}\n`;
}

/** The event of a line, or undefined when it holds none. Names it doesn't know are left out. */
export function parseEvent(line: string): LifeEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { at, event, desktop, cause } = value;
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at)) || !isKind(event) || typeof desktop !== 'string' || typeof cause !== 'string') return undefined;
  return { at, event, desktop: desktop as DesktopId, cause, ...optional(value, 'image'), ...optional(value, 'client'), ...optional(value, 'removeAt') };
}

function isKind(word: unknown): word is LifeEventKind {
  return LIFE_EVENTS.some((known) => known === word);
}

function optional<Name extends string>(values: Record<string, unknown>, name: Name): { [name in Name]?: string } {
  const value = values[name];
  return typeof value === 'string' ? ({ [name]: value } as { [name in Name]: string }) : {};
}

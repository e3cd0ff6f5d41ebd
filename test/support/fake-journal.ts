// A journal in memory.
import type { InstanceJournal, LifeEvent } from '../../src/core/journal.ts';

export interface FakeJournal extends InstanceJournal {
  readonly events: LifeEvent[];
}

/** Empty; a client's hash is its id behind a sign. */
export function createFakeJournal(): FakeJournal {
  const events: LifeEvent[] = [];
  return {
    events,
    append: async (more) => void events.push(...more),
    read: async ({ since, desktop, client } = {}) =>
      events.filter((event) => (since === undefined || Date.parse(event.at) >= Date.parse(since)) && (desktop === undefined || event.desktop === desktop) && (client === undefined || event.client === client)),
    async *follow() {},
    hashOf: (client) => `#${client}`,
  };
}

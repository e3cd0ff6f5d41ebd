// Two processes that write names in different ways, at the same moment or one after the other: a client has one desktop all the same.
import { expect, test } from 'vitest';
import type { Desktops } from '../../../src/core/desktops.ts';
import { clientKey, type Naming } from '../../../src/core/identity.ts';
import { findDesktop, listDesktops } from '../../../src/core/list.ts';
import { ANA, clientOf, createTestDesktops, type TestDesktops } from '../../support/test-desktops.ts';
import { createWarmDesktops } from '../../support/warm-desktops.ts';

const key = new Uint8Array(32).fill(7);
const PLAIN: Naming = { kind: 'plain', key };
const LABELLED: Naming = { kind: 'labelled', key };
const HASHED: Naming = { kind: 'hashed', key };

function processOf(t: TestDesktops, pid: number, naming: Naming): Desktops {
  const desktops = t.asProcess(pid);
  return { ...desktops, installation: { ...desktops.installation, naming } };
}

/** Holds the first `count` such calls until all of them have come. */
function meet(t: TestDesktops, call: 'containers.create' | 'containers.rename', count: number): void {
  let come = 0;
  let open = (): void => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  t.engine.calls.before(call, async () => {
    come++;
    if (come === count) open();
    if (come <= count) await all;
  });
}

const NAMINGS = { plain: PLAIN, labelled: LABELLED, hashed: HASHED };
const ORDERS = [['plain', 'labelled'], ['labelled', 'plain'], ['plain', 'hashed'], ['hashed', 'plain']] as const;

test.each(ORDERS)('two ups at once of a new client, named %s and %s, end with one desktop that both have', async (...kinds) => {
  const t = createTestDesktops();
  meet(t, 'containers.create', 2);
  const results = await Promise.all(kinds.map((kind, at) => t.up({}, {}, processOf(t, 1000 + at, NAMINGS[kind]))));
  expect(t.engine.world.all).toHaveLength(1);
  expect(new Set(results.map(({ desktop }) => desktop.id)).size).toBe(1);
  expect(Object.keys(t.store.state.allocations)).toEqual([results[0]?.desktop.id]);
});

test.each(ORDERS)('one that comes while the other, of another naming, has made its own gets that one: %s, then %s', async (first, second) => {
  const t = createTestDesktops();
  let late: Promise<unknown> | undefined;
  const stop = t.engine.calls.before('containers.create', async () => {
    stop();
    late = t.up({}, {}, processOf(t, 1000, NAMINGS[first]));
    await late;
  });
  const result = await t.up({}, {}, processOf(t, 1001, NAMINGS[second]));
  expect(await late).toMatchObject({ desktop: { id: result.desktop.id } });
  expect(t.engine.world.all).toHaveLength(1);
});

test('an installation that has never had another naming asks its engine nothing more', async () => {
  const looks = async (naming: Naming): Promise<string[]> => {
    const t = createTestDesktops({ installation: { naming } });
    const names: string[] = [];
    const { find } = t.engine.containers;
    t.engine.containers.find = (name, options) => {
      names.push(name);
      return find.call(t.engine.containers, name, options);
    };
    await t.up();
    return names;
  };
  expect(await looks({ kind: 'plain' })).not.toContain(`vnc_${clientKey(ANA, LABELLED)}`);
  expect(await looks(PLAIN)).toContain(`vnc_${clientKey(ANA, LABELLED)}`);
});

test('a claimed desktop under a hashed name that nothing is remembered of is found with plain naming, by its client only', async () => {
  const t = createWarmDesktops(1, { installation: { naming: LABELLED } });
  await t.fill();
  const { desktop } = await t.up();
  await t.store.update(() => ({ state: { allocations: {}, reservations: [] }, result: undefined }));
  const plain = processOf(t, 1000, PLAIN);
  expect(findDesktop(await listDesktops(plain), ANA, plain)?.id).toBe(desktop.id);
  expect(findDesktop(await listDesktops(plain), clientOf('529.982.247-25'), plain)).toBeUndefined();
  expect((await t.up({}, {}, plain)).desktop.id).toBe(desktop.id);
  expect(t.engine.world.get(`vnc_${ANA}`)).toBeDefined();
});

import { expect, test } from 'vitest';
import { listDesktops } from '../../../src/core/list.ts';
import { createUsageReadings } from '../../../src/core/usage.ts';
import { VncctlError } from '../../../src/errors.ts';
import { ANA, clients, createTestDesktops } from '../../support/test-desktops.ts';

const NAME = `vnc_${ANA}`;
const MIB = 1024 ** 2;

async function stand() {
  const t = createTestDesktops();
  const { desktop } = await t.up();
  const readings = createUsageReadings(t);
  const read = async () => readings.read(await listDesktops(t.desktops), t.engine.containers);
  const calls = (): number => t.engine.calls.log.filter((call) => call.startsWith('containers.usage')).length;
  return { ...t, id: desktop.id, read, calls };
}

test('the first reading tells the memory, the second what of a processor was used between them', async () => {
  const { engine, clock, id, read } = await stand();
  Object.assign(engine.world.get(NAME), { cpuNanoseconds: 7e9, memoryBytes: 300 * MIB });
  expect((await read()).get(id)).toEqual({ cpus: null, memoryBytes: 300 * MIB, memoryLimitBytes: 1024 * MIB });
  clock.advance(5_000);
  Object.assign(engine.world.get(NAME), { cpuNanoseconds: 9.5e9, memoryBytes: 200 * MIB });
  expect((await read()).get(id)).toMatchObject({ cpus: 0.5, memoryBytes: 200 * MIB });
});

test('however many ask, the engine is asked once in four seconds', async () => {
  const { clock, read, calls } = await stand();
  await Promise.all([read(), read()]);
  clock.advance(3_999);
  await read();
  expect(calls()).toBe(1);
  clock.advance(1);
  await read();
  expect(calls()).toBe(2);
});

test('where reading takes long, it is done less often', async () => {
  const { clock, engine, read, calls } = await stand();
  engine.calls.before('containers.usage', () => clock.advance(2_000));
  await read();
  clock.advance(19_999);
  await read();
  expect(calls()).toBe(1);
  clock.advance(1);
  await read();
  expect(calls()).toBe(2);
});

test('one that was started again has no figure of a processor until the next reading', async () => {
  const { engine, clock, id, read } = await stand();
  Object.assign(engine.world.get(NAME), { cpuNanoseconds: 7e9 });
  await read();
  clock.advance(5_000);
  Object.assign(engine.world.get(NAME), { cpuNanoseconds: 1e9 });
  expect((await read()).get(id)?.cpus).toBeNull();
});

test('one that does not run is left out, and so is one whose reading fails; the others are there', async () => {
  const t = await stand();
  const [second = ANA, third = ANA] = clients(2);
  const ended = (await t.up({ client: second })).desktop;
  const failing = (await t.up({ client: third })).desktop;
  t.engine.world.end(`vnc_${second}`, 0);
  t.engine.calls.before('containers.usage', (id) => {
    if (id === failing.container?.id) throw new VncctlError('ENGINE_FAILED', 'no figures');
  });
  const found = await t.read();
  expect([t.id, ended.id, failing.id].map((id) => found.has(id))).toEqual([true, false, false]);
});

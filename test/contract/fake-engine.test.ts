// Holds the tests' fake to the contract of the real engine.
import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { ContainerSpec } from '../../src/core/engine.ts';
import { eventually } from '../support/eventually.ts';
import type { FakeProgram } from '../support/fake-containers.ts';
import { createFakeEngine } from '../support/fake-engine.ts';
import { describeEngineContract, type Program } from './engine-contract.ts';

const PROGRAMS: Record<Program, FakeProgram> = {
  wait: { lines: ['ready'] },
  stubborn: { lines: ['ready'], ignoresTerm: true, endsOn: { signal: 'SIGUSR1', exitCode: 3 } },
  fail: { lines: ['one', 'two', 'three'], exits: 7 },
  hungry: { exits: 137, outOfMemory: true },
};

const exec: FakeProgram['exec'] = (argv) => {
  const script = argv.join(' ');
  const words = [...script.matchAll(/echo (\w+)/g)].map(([, word]) => `${word}\n`);
  return { exitCode: Number(/exit (\d+)/.exec(script)?.[1] ?? 0), output: words.join('') };
};

const programOf = (spec: ContainerSpec): FakeProgram => ({
  ...PROGRAMS[spec.env['PROGRAM'] as Program],
  exec,
  ...(spec.image === 'contract/checked:latest' ? { health: 'healthy' as const } : {}),
});

describeEngineContract('the fake', async () => {
  const engine = createFakeEngine({ clock: systemClock, programOf });
  engine.imageWorld.add('contract/plain');
  engine.imageWorld.add('contract/checked');
  engine.imageWorld.add('contract/base');
  let nextPort = 20_000;
  return {
    engine,
    image: 'contract/plain:latest',
    checkedImage: 'contract/checked:latest',
    base: 'contract/base',
    async occupyPort() {
      const port = nextPort++;
      engine.world.takenPorts.add(port);
      return {
        port,
        async release() {
          engine.world.takenPorts.delete(port);
        },
      };
    },
    freePort: async () => nextPort++,
    async hungEngine() {
      const hung = createFakeEngine({ clock: systemClock, deadlineMs: 100 });
      hung.calls.hang();
      return { hung, asked: () => eventually(() => hung.calls.log.length > 0) };
    },
    async refusedEngine() {
      const refused = createFakeEngine({ clock: systemClock });
      refused.calls.refuse();
      return refused;
    },
    async dispose() {},
  };
});

test('a test can break the event streams: who listens is told ENGINE_UNREACHABLE after what was heard, and can listen again', async () => {
  const engine = createFakeEngine({ clock: systemClock });
  const heard: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const { kind, name } of engine.containers.events({ labels: {} }, {})) heard.push(`${kind} ${name}`);
  };
  const end = follow().catch((error: unknown) => error);
  await eventually(() => engine.world.eventStreams === 1);
  engine.world.addForeign('one');
  engine.world.vanish('one');
  engine.world.breakEventStreams();
  expect(await end).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  expect(heard).toEqual(['created one', 'removed one']);
  expect(engine.world.eventStreams).toBe(0);

  const again = follow().catch((error: unknown) => error);
  await eventually(() => engine.world.eventStreams === 1);
  engine.close();
  expect(await again).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});

// Whether a daemon keeps anything of desktops that came and went: its open files, memory and heap after a thousand of them, against
// the same daemon's after two hundred.
import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from '../../src/core/parallel.ts';
import { liveHeapMB } from './heap.ts';
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { startProgram, type WatchedProgram } from './watched-program.ts';
import { IDLE, nameOf, type Workshop } from './workshop.ts';

const FEW = 200;
const MANY = 1000;
const AT_ONCE = 4;
/** Each of so many is started too. */
const STARTED = 20;
const SETTLE_MS = 35_000;
const READINGS = 5;
const WITHIN_MS = 5 * 60_000;
const RIVAL = `the same after ${FEW}`;

export function daemonRounds(node: NodeProgram): Study<Workshop> {
  return {
    name: 'daemon-rounds',
    long: true,
    figures: [
      { name: 'daemon-rounds-files', about: `open files of a daemon after ${MANY} desktops came and went`, rival: RIVAL, unit: '', goal: 1, node: node.version },
      { name: 'daemon-rounds-memory', about: 'its resident memory', rival: RIVAL, unit: 'MB', goal: 1.15, node: node.version },
      { name: 'daemon-rounds-heap', about: 'its heap, without garbage', rival: RIVAL, unit: 'MB', goal: 1.1, node: node.version },
    ],
    async observe(shop) {
      const daemon = startProgram(node.path, ['--inspect=127.0.0.1:0', shop.program, 'daemon', '--listen', 'off'], shop.env);
      try {
        await idleImage(shop);
        const [, inspector = ''] = await daemon.said(/Debugger listening on (\S+)/);
        await daemon.said(/watching no desktops/);
        const untilMs = performance.now() + WITHIN_MS;
        await rounds(shop, 1, FEW, untilMs);
        const few = await rest(shop, node, daemon, inspector);
        await rounds(shop, FEW + 1, MANY, untilMs);
        const many = await rest(shop, node, daemon, inspector);
        const both = (of: keyof Readings): Samples => ({ ours: many[of], rival: few[of] });
        return { 'daemon-rounds-files': both('files'), 'daemon-rounds-memory': both('memory'), 'daemon-rounds-heap': both('heap') };
      } finally {
        await daemon.stop();
        await shop.clear();
      }
    },
  };
}

interface Readings {
  files: number[];
  memory: number[];
  heap: number[];
}

/** Creates and removes the desktops with these numbers. */
async function rounds(shop: Workshop, first: number, last: number, untilMs: number): Promise<void> {
  const { containers } = shop.engine;
  await shop.ensureNetwork();
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  await inParallel(numbers, AT_ONCE, async (number) => {
    if (performance.now() > untilMs) throw new Error(`${MANY} rounds took longer than ${WITHIN_MS / 1000} s`);
    const id = await containers.create(nameOf(number), shop.spec(number, IDLE, { unpublished: true }));
    if (number % STARTED === 0) await containers.start(id);
    await containers.remove(id);
  });
}

/**
 * Readings once nothing happens any more. Desktops that went by other means than vncctl are remembered as lost, those that a sweep
 * met: they are forgotten first, since that is no leak.
 */
async function rest(shop: Workshop, node: NodeProgram, daemon: WatchedProgram, inspector: string): Promise<Readings> {
  await shop.vncctl(node.path, 'rm', '--all', '--yes');
  await delay(SETTLE_MS);
  const seen: Readings = { files: [], memory: [], heap: [] };
  while (seen.files.length < READINGS) {
    seen.files.push(daemon.openFiles());
    seen.memory.push(daemon.residentMB());
    await delay(1000);
  }
  seen.heap.push(await liveHeapMB(inspector));
  return seen;
}

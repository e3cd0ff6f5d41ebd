// What a look at two hundred desktops takes, against asking the engine about each of them: the time of a sweep, taken in this
// process on both sides, and the CPU time that a daemon uses for one, taken from outside.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownershipLabels } from '../../src/core/labels.ts';
import { startEngineProxy } from '../support/engine-proxy.ts';
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { createSweeper } from './sweeper.ts';
import { timed } from './timing.ts';
import { startProgram } from './watched-program.ts';
import { IDLE, INSTANCE, type Workshop } from './workshop.ts';

const DESKTOPS = 200;
const ROUNDS = 10;
const SWEEPS_A_SAMPLE = 10;
/** So many sweeps of one second each take longer than the minute in which each desktop is written down once. */
const CPU_SAMPLES = 8;
const LOOK = /^GET \/containers\/json/;
const RIVAL = 'asking about each in turn';

export function daemonSweep(node: NodeProgram): Study<Workshop> {
  return {
    name: 'daemon-sweep',
    figures: [
      { name: 'daemon-sweep', about: `a sweep over ${DESKTOPS} desktops`, rival: RIVAL, limit: 1000, node: node.version },
      { name: 'daemon-sweep-cpu', about: `the daemon's CPU time for it`, rival: RIVAL, limit: 150, node: node.version },
    ],
    async observe(shop, { quick }) {
      try {
        await idleImage(shop);
        await shop.startDesktops(DESKTOPS, IDLE, { unpublished: true });
        const { wall, rivalCpu } = await race(shop, quick ? 3 : ROUNDS);
        return { 'daemon-sweep': wall, 'daemon-sweep-cpu': { ours: await cpuOfSweeps(shop, node, quick ? 2 : CPU_SAMPLES), rival: rivalCpu } };
      } finally {
        await shop.clear();
      }
    },
  };
}

async function race(shop: Workshop, rounds: number): Promise<{ wall: Samples; rivalCpu: number[] }> {
  const wall: Samples = { ours: [], rival: [] };
  const rivalCpu: number[] = [];
  const sweeper = await createSweeper(shop);
  const ours = async (): Promise<void> => {
    const { observed, tookMs } = await sweeper.sweep();
    const known = observed.filter(({ facts }) => facts.viewers.known).length;
    if (known !== DESKTOPS) throw new Error(`of ${DESKTOPS} desktops ${observed.length} were seen, and of ${known} who looks at them`);
    wall.ours.push(tookMs);
  };
  const rival = async (): Promise<void> => {
    const before = process.cpuUsage();
    wall.rival.push(await timed(() => askInTurn(shop)));
    const { user, system } = process.cpuUsage(before);
    rivalCpu.push((user + system) / 1000);
  };
  try {
    for (let round = 0; round < rounds; round++) for (const side of [ours, rival, rival, ours]) await side();
  } finally {
    sweeper.close();
  }
  return { wall, rivalCpu };
}

async function askInTurn({ engine: { containers } }: Workshop): Promise<void> {
  for (const { id } of await containers.list({ labels: ownershipLabels(INSTANCE) })) await containers.find(id);
}

/** Of a daemon that sweeps once a second; its looks are counted on their way to the engine. */
async function cpuOfSweeps(shop: Workshop, node: NodeProgram, samples: number): Promise<number[]> {
  const socket = join(shop.home, 'engine.sock');
  rmSync(socket, { force: true });
  const proxy = await startEngineProxy(shop.address, socket);
  const env = { ...shop.env, DOCKER_HOST: proxy.address, VNCCTL_SWEEP_INTERVAL: '1s' };
  const daemon = startProgram(node.path, [shop.program, 'daemon', '--listen', 'off'], env);
  const used: number[] = [];
  try {
    await daemon.said(new RegExp(`watching ${DESKTOPS} desktops`));
    // Code is compiled in the first ones.
    await proxy.seen(LOOK, SWEEPS_A_SAMPLE);
    while (used.length < samples) {
      const before = daemon.cpuMs();
      await proxy.seen(LOOK, SWEEPS_A_SAMPLE);
      used.push((daemon.cpuMs() - before) / SWEEPS_A_SAMPLE);
    }
  } finally {
    await daemon.stop();
    await proxy.stop();
  }
  return used;
}

// What a daemon costs while nothing happens, against a Node that does nothing: both run side by side and are looked at together.
import { setTimeout as delay } from 'node:timers/promises';
import { idleImage } from './idle.ts';
import type { NodeProgram } from './nodes.ts';
import type { Samples, Study } from './scenario.ts';
import { startProgram } from './watched-program.ts';
import { IDLE, type Workshop } from './workshop.ts';

const DESKTOPS = 20;
const SETTLE_MS = 10_000;
/** A whole number of sweeps. */
const WINDOW_MS = 60_000;
const SAMPLE_MS = 10_000;
const RIVAL = 'a Node that waits';

export function daemonIdle(node: NodeProgram): Study<Workshop> {
  return {
    name: 'daemon-idle',
    figures: [
      { name: 'daemon-idle-memory', about: `resident memory of a daemon that watches ${DESKTOPS} desktops`, rival: RIVAL, unit: 'MB', limit: 90, node: node.version },
      { name: 'daemon-idle-cpu', about: 'its share of one core', rival: RIVAL, unit: '%', limit: 0.5, node: node.version },
    ],
    async observe(shop, { quick }) {
      try {
        await idleImage(shop);
        await shop.startDesktops(DESKTOPS, IDLE, { unpublished: true });
        return await watch(shop, node, quick ? 1 : 3);
      } finally {
        await shop.clear();
      }
    },
  };
}

async function watch(shop: Workshop, node: NodeProgram, windows: number): Promise<Record<string, Samples>> {
  const memory: Samples = { ours: [], rival: [] };
  const cpu: Samples = { ours: [], rival: [] };
  const rival = startProgram(node.path, ['-e', 'setInterval(() => {}, 1e9)'], shop.env);
  const ours = startProgram(node.path, [shop.program, 'daemon', '--listen', '127.0.0.1:0'], shop.env);
  try {
    await ours.said(new RegExp(`watching ${DESKTOPS} desktops`));
    await delay(SETTLE_MS);
    for (let window = 0; window < windows; window++) {
      const before = [ours.cpuMs(), rival.cpuMs(), performance.now()] as const;
      for (let waited = 0; waited < WINDOW_MS; waited += SAMPLE_MS) {
        await delay(SAMPLE_MS);
        memory.ours.push(ours.residentMB());
        memory.rival.push(rival.residentMB());
      }
      const tookMs = performance.now() - before[2];
      cpu.ours.push((100 * (ours.cpuMs() - before[0])) / tookMs);
      cpu.rival.push((100 * (rival.cpuMs() - before[1])) / tookMs);
    }
  } finally {
    await Promise.all([ours.stop(), rival.stop()]);
  }
  return { 'daemon-idle-memory': memory, 'daemon-idle-cpu': cpu };
}

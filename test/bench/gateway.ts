// The gateway's tunnels against other bridges: websockify, which noVNC is usually served with, and two that mark what is possible,
// nginx's raw TCP and the least bridge that can be written in C. Each bridge leads to the same desktops and has the same viewers.
import { setTimeout as delay } from 'node:timers/promises';
import { type Bridge, type BridgeName, type BridgePlace, findBridges, rootOf, startBridge } from './gateway-bridges.ts';
import { compileRival, type Load, PICTURE, startLoad } from './gateway-load.ts';
import type { NodeProgram } from './nodes.ts';
import { treeCpuMs, treeMemoryKB } from './process-tree.ts';
import type { Figure, Study } from './scenario.ts';
import type { Workshop } from './workshop.ts';

/** A figure that is seen on one bridge after the other. */
type BridgeFigure = Omit<Figure, 'rival' | 'node'> & { rival: Exclude<BridgeName, 'vncctl'>; sees: string };

/** What is seen of one bridge, by the names in `sees`. */
type Course = (bridge: Bridge, load: Load) => Promise<Readonly<Record<string, number>>>;

interface Part {
  name: string;
  rounds: number;
  course: Course;
  figures: readonly BridgeFigure[];
}

const MANY = 200;
const FLAT = 100;
const ECHOES = 100;
const HELD = 1_000;
const FEW = 10;
/** 20 MB/s to a thousand. */
const SMALL_PICTURE = { bytes: 2_000, perSecond: 10 };
const WARM_MS = 1_000;
const MEASURE_MS = 4_000;
const SETTLE_MS = 1_000;
const GIGABYTE = 1e9;

const PARTS: readonly Part[] = [
  {
    name: 'gateway-echo',
    rounds: 3,
    course: seeEchoes,
    figures: [
      { name: 'gateway-echo', about: `a message through the gateway and back, ${ECHOES} at once`, rival: 'websockify', goal: 0.33, sees: 'echoMs' },
      { name: 'gateway-echo-cpu', about: 'the CPU time of a thousand of them', rival: 'websockify', goal: 0.2, sees: 'echoCpuMs' },
      { name: 'gateway-parsing', about: 'the same', rival: 'the same without parsing', goal: 1.05, sees: 'echoCpuMs' },
    ],
  },
  {
    name: 'gateway-streams',
    rounds: 1,
    course: seeStreams,
    figures: [
      { name: 'gateway-paced', about: `the CPU time of a gigabyte, ${MANY} viewers at 0.6 MB/s`, rival: 'websockify', goal: 0.33, sees: 'pacedCpuMs' },
      { name: 'gateway-paced-least', about: 'the same', rival: 'a minimal bridge in C', goal: 2.5, sees: 'pacedCpuMs' },
      { name: 'gateway-flat', about: `the CPU time of a gigabyte, ${FLAT} viewers as fast as it goes`, rival: 'websockify', goal: 0.7, sees: 'flatCpuMs' },
      { name: 'gateway-one', about: 'a gigabyte to one viewer', rival: 'nginx, raw TCP', goal: 1.33, sees: 'oneMs' },
    ],
  },
  {
    name: 'gateway-viewers',
    rounds: 1,
    course: seeViewers,
    figures: [
      { name: 'gateway-greeting', about: 'from connecting to the greeting of RFB', rival: 'websockify', goal: 0.3, sees: 'greetedMs' },
      { name: 'gateway-handshake', about: 'from connecting to the end of the handshake', rival: 'websockify', sees: 'openedMs' },
      { name: 'gateway-idle', about: 'memory of a viewer who looks at a still picture', rival: 'websockify', unit: 'kB', limit: 30, sees: 'idleKB' },
      { name: 'gateway-failed', about: `viewers not served, of ${HELD} with 20 MB/s`, rival: 'websockify', unit: '', limit: 0, sees: 'failed' },
      { name: 'gateway-held', about: "one core's share for those that are", rival: 'websockify', unit: '%', limit: 50, sees: 'heldShare' },
    ],
  },
  {
    name: 'gateway-stalled',
    rounds: 1,
    course: seeStalled,
    figures: [{ name: 'gateway-stalled', about: 'memory of a viewer who never reads', rival: 'websockify', unit: 'MB', limit: 1, sees: 'stalledMB' }],
  },
];

/** The studies of the figures whose rivals are there. */
export function gateway(node: NodeProgram): Study<Pick<Workshop, 'home' | 'program' | 'env'>>[] {
  const found = findBridges();
  return PARTS.map((part) => ({ ...part, figures: part.figures.filter(({ rival }) => found.has(rival)) }))
    .filter(({ figures }) => figures.length > 0)
    .map((part) => studyOf(part, node));
}

function studyOf({ name, rounds, course, figures }: Part, node: NodeProgram): Study<Pick<Workshop, 'home' | 'program' | 'env'>> {
  return {
    name,
    figures: figures.map(({ sees: _, ...figure }) => ({ ...figure, node: node.version })),
    async observe(shop, { quick }) {
      const load = await startLoad(await compileRival(rootOf(shop), 'load', shop.home, shop.env));
      const place = { ...shop, node, target: load.port };
      const bridges = new Set<BridgeName>(['vncctl', ...figures.map(({ rival }) => rival)]);
      const seen = new Map<BridgeName, Readonly<Record<string, number>>[]>();
      try {
        // There and back, so that no bridge always comes after the same other one.
        for (let round = 0; round < (quick ? 1 : rounds * 2); round++) {
          for (const bridge of round % 2 === 0 ? bridges : [...bridges].reverse()) seen.set(bridge, [...(seen.get(bridge) ?? []), await see(bridge, course, load, place)]);
        }
      } finally {
        await load.stop();
      }
      const samples = (bridge: BridgeName, sees: string): number[] => (seen.get(bridge) ?? []).map((all) => all[sees] ?? NaN);
      return Object.fromEntries(figures.map(({ name: figure, rival, sees }) => [figure, { ours: samples('vncctl', sees), rival: samples(rival, sees) }]));
    },
  };
}

async function see(name: BridgeName, course: Course, load: Load, place: BridgePlace): Promise<Readonly<Record<string, number>>> {
  const bridge = await startBridge(name, place);
  try {
    return await course(bridge, load);
  } finally {
    await load.close();
    await bridge.program.stop();
  }
}

async function seeEchoes(bridge: Bridge, load: Load): Promise<Record<string, number>> {
  await load.open(bridge, ECHOES);
  await load.echo(WARM_MS);
  const { result, cpuMs } = await costing(bridge, () => load.echo(MEASURE_MS));
  return { echoMs: result.p50Ms, echoCpuMs: (cpuMs / result.trips) * 1_000 };
}

async function seeStreams(bridge: Bridge, load: Load): Promise<Record<string, number>> {
  await load.open(bridge, MANY);
  await load.pace(PICTURE, WARM_MS);
  const paced = await costing(bridge, () => load.pace(PICTURE, MEASURE_MS));
  await load.close();
  await load.open(bridge, FLAT);
  await load.flat(WARM_MS);
  const flat = await costing(bridge, () => load.flat(MEASURE_MS));
  await load.close();
  await load.open(bridge, 1);
  await load.flat(WARM_MS);
  const one = await load.flat(MEASURE_MS);
  return { pacedCpuMs: (paced.cpuMs / paced.result.bytes) * GIGABYTE, flatCpuMs: (flat.cpuMs / flat.result) * GIGABYTE, oneMs: (MEASURE_MS / one) * GIGABYTE };
}

async function seeViewers(bridge: Bridge, load: Load): Promise<Record<string, number>> {
  await load.open(bridge, FEW);
  await load.close();
  const { result: came, grownKB: idleKB } = await growing(bridge, () => load.open(bridge, HELD));
  await load.pace(SMALL_PICTURE, WARM_MS);
  const { result: held, cpuMs } = await costing(bridge, () => load.pace(SMALL_PICTURE, MEASURE_MS));
  const { greetedMs, openedMs, opened } = came;
  return { greetedMs, openedMs, idleKB: idleKB / opened, failed: HELD - held.served, heldShare: (cpuMs / MEASURE_MS) * 100 };
}

async function seeStalled(bridge: Bridge, load: Load): Promise<Record<string, number>> {
  await load.open(bridge, FEW);
  await load.close();
  const { grownKB } = await growing(bridge, async () => {
    await load.open(bridge, FEW);
    await load.stall(MEASURE_MS);
  });
  return { stalledMB: grownKB / FEW / 1_000 };
}

async function costing<T>({ program }: Bridge, work: () => Promise<T>): Promise<{ result: T; cpuMs: number }> {
  const before = treeCpuMs(program.pid);
  const result = await work();
  return { result, cpuMs: treeCpuMs(program.pid) - before };
}

/** What of its memory is new after something, once it has come to rest. */
async function growing<T>({ program }: Bridge, work: () => Promise<T>): Promise<{ result: T; grownKB: number }> {
  await delay(SETTLE_MS);
  const before = treeMemoryKB(program.pid);
  const result = await work();
  await delay(SETTLE_MS);
  return { result, grownKB: treeMemoryKB(program.pid) - before };
}

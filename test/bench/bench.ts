// The measurements: which there are, what was asked for, and what is printed. One JSON line a figure on stdout, the table after
// them with `--markdown`; all else goes to stderr.
import { parseArgs } from 'node:util';
import { apiList } from './api-list.ts';
import { apiNews } from './api-news.ts';
import { claimEngine } from './claim-engine.ts';
import { daemonIdle } from './daemon-idle.ts';
import { daemonRemovals } from './daemon-removals.ts';
import { daemonRounds } from './daemon-rounds.ts';
import { daemonSweep } from './daemon-sweep.ts';
import { gateway } from './gateway.ts';
import { gatewayWake } from './gateway-wake.ts';
import { kiosk } from './kiosk.ts';
import { kioskSteps } from './kiosk-steps.ts';
import { ls } from './ls.ts';
import { findNodes, type NodeProgram } from './nodes.ts';
import { poolIdle } from './pool-idle.ts';
import { rmIdle, rmKiosks, rmOne } from './rm.ts';
import { type Figure, measure, measureStudy, type Measurement, type Scenario, type Study } from './scenario.ts';
import { startUp } from './start-up.ts';
import { markdownTable } from './table.ts';
import { upToGreeting, upToPage } from './up.ts';
import { upAgain } from './up-again.ts';
import { upDaemonAgain } from './up-daemon-again.ts';
import { upTwenty } from './up-twenty.ts';
import { upWarm } from './up-warm.ts';
import { upWarmUrl } from './up-warm-url.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** Measured with every Node: here its start is a large part. */
const FOR_EACH_NODE = [(node: NodeProgram) => startUp('version', node), (node: NodeProgram) => startUp('help', node), ls, upDaemonAgain];
const FOR_ONE = [upAgain, upToGreeting, upToPage, claimEngine, upWarmUrl, rmOne, rmIdle, rmKiosks, daemonRemovals, gatewayWake, apiList, apiNews];
const STUDIES_FOR_EACH_NODE = [upWarm];
const STUDIES = [upTwenty, poolIdle, kiosk, kioskSteps, daemonSweep, daemonIdle, daemonRounds];

interface Result {
  figure: Figure;
  measurement: Measurement;
}

/** What can be asked for by name. */
interface Choice {
  name: string;
  figures: readonly Figure[];
  long: boolean;
  measure(shop: Workshop, quick: boolean): Promise<Result[]>;
}

/** Runs what the arguments name; resolves with the exit code, which is 1 when a goal was missed. */
export async function bench(argv: string[], place: { root: string; work: string; engine: string }): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: { quick: { type: 'boolean' }, markdown: { type: 'boolean' }, list: { type: 'boolean' }, only: { type: 'string', multiple: true }, 'as-is': { type: 'boolean' } },
  });
  const quick = values.quick === true;
  const chosen = choose(await findNodes(place.work), values.only, quick);
  if (values.list) {
    for (const { name, figures } of chosen) for (const { node, about } of figures) process.stdout.write(`${name} (${node}): ${about}\n`);
    return 0;
  }
  const shop = await openWorkshop(place);
  const results: Result[] = [];
  try {
    for (const choice of chosen) {
      process.stderr.write(`${choice.name} (${choice.figures[0]?.node}) …\n`);
      for (const result of await choice.measure(shop, quick)) {
        process.stdout.write(`${JSON.stringify(result.measurement)}\n`);
        results.push(result);
      }
    }
  } finally {
    await shop.close();
  }
  if (values.markdown) process.stdout.write(`\n${markdownTable(results)}\n`);
  return results.every(({ measurement }) => measurement.met) ? 0 : 1;
}

function choose(nodes: readonly NodeProgram[], only: readonly string[] | undefined, quick: boolean): Choice[] {
  const [own] = nodes;
  const scenarios = [...nodes.flatMap((node) => FOR_EACH_NODE.map((make) => make(node))), ...(own ? FOR_ONE.map((make) => make(own)) : [])];
  const all = [...scenarios.map(race), ...nodes.flatMap((node) => STUDIES_FOR_EACH_NODE.map((make) => study(make(node)))), ...(own ? [...STUDIES.map((make) => make(own)), ...gateway(own)].map(study) : [])];
  const unknown = only?.find((name) => all.every((choice) => choice.name !== name));
  if (unknown !== undefined) throw new Error(`there is no scenario "${unknown}"; there are: ${[...new Set(all.map(({ name }) => name))].join(', ')}`);
  return all.filter(({ name, long }) => only?.includes(name) ?? !(quick && long));
}

function race(scenario: Scenario<Workshop>): Choice {
  return {
    name: scenario.name,
    figures: [scenario],
    long: false,
    measure: async (shop, quick) => [{ figure: scenario, measurement: await measure(scenario, shop, quick ? Math.ceil(scenario.rounds / 4) : scenario.rounds) }],
  };
}

function study(chosen: Study<Workshop>): Choice {
  return { name: chosen.name, figures: chosen.figures, long: chosen.long === true, measure: (shop, quick) => measureStudy(chosen, shop, quick) };
}

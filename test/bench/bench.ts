// The measurements: which there are, what was asked for, and what is printed. One JSON line a scenario on stdout, the table after
// them with `--markdown`; all else goes to stderr.
import { parseArgs } from 'node:util';
import { ls } from './ls.ts';
import { findNodes, type NodeProgram } from './nodes.ts';
import { rmIdle, rmKiosks } from './rm.ts';
import { measure, type Measurement, type Scenario } from './scenario.ts';
import { startUp } from './start-up.ts';
import { markdownTable } from './table.ts';
import { upToGreeting, upToPage } from './up.ts';
import { upAgain } from './up-again.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** Measured with every Node: here its start is a large part. */
const FOR_EACH_NODE = [(node: NodeProgram) => startUp('version', node), (node: NodeProgram) => startUp('help', node), ls];
const FOR_ONE = [upAgain, upToGreeting, upToPage, rmIdle, rmKiosks];

/** Runs what the arguments name; resolves with the exit code, which is 1 when a goal was missed. */
export async function bench(argv: string[], place: { root: string; work: string; engine: string }): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: { quick: { type: 'boolean' }, markdown: { type: 'boolean' }, list: { type: 'boolean' }, only: { type: 'string', multiple: true }, 'as-is': { type: 'boolean' } },
  });
  const scenarios = choose(await findNodes(place.work), values.only);
  if (values.list) {
    for (const { name, node, about } of scenarios) process.stdout.write(`${name} (${node}): ${about}\n`);
    return 0;
  }
  const shop = await openWorkshop(place);
  const results: { scenario: Scenario<Workshop>; measurement: Measurement }[] = [];
  try {
    for (const scenario of scenarios) {
      process.stderr.write(`${scenario.name} (${scenario.node}) …\n`);
      const measurement = await measure(scenario, shop, values.quick ? Math.ceil(scenario.rounds / 4) : scenario.rounds);
      process.stdout.write(`${JSON.stringify(measurement)}\n`);
      results.push({ scenario, measurement });
    }
  } finally {
    await shop.close();
  }
  if (values.markdown) process.stdout.write(`\n${markdownTable(results)}\n`);
  return results.every(({ measurement }) => measurement.met) ? 0 : 1;
}

function choose(nodes: readonly NodeProgram[], only: readonly string[] | undefined): Scenario<Workshop>[] {
  const [own] = nodes;
  const all = [...nodes.flatMap((node) => FOR_EACH_NODE.map((make) => make(node))), ...(own ? FOR_ONE.map((make) => make(own)) : [])];
  const unknown = only?.find((name) => all.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) throw new Error(`there is no scenario "${unknown}"; there are: ${[...new Set(all.map(({ name }) => name))].join(', ')}`);
  return all.filter(({ name }) => only?.includes(name) ?? true);
}

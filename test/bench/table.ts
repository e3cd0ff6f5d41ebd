// The table of the README, from measurements.
import type { Measurement, Scenario } from './scenario.ts';

/** A Markdown table, one row a measurement. */
export function markdownTable(results: readonly { scenario: Pick<Scenario<never>, 'about'>; measurement: Measurement }[]): string {
  const rows = results.map(({ scenario, measurement: { ours, rival, ratio, goal, met, node } }) =>
    [scenario.about, `Node ${node.replace(/^v?(\d+).*/, '$1')}`, ms(ours.p50), `${rival.name}: ${ms(rival.p50)}`, `**${ratio.toFixed(2)} ×**`, `≤ ${goal} ×${met ? '' : ' (missed)'}`].join(' | '),
  );
  return ['| what | on | vncctl | compared with | ratio | goal |', '| --- | --- | --- | --- | --- | --- |', ...rows.map((row) => `| ${row} |`)].join('\n');
}

function ms(value: number): string {
  return value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

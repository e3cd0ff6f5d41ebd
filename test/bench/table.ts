// The table of the README, from measurements.
import type { Figure, Measurement, Unit } from './scenario.ts';

/** A Markdown table, one row a measurement. */
export function markdownTable(results: readonly { figure: Pick<Figure, 'about'>; measurement: Measurement }[]): string {
  const rows = results.map(({ figure, measurement }) => {
    const { ours, rival, ratio, unit, node } = measurement;
    return [figure.about, `Node ${node.replace(/^v?(\d+).*/, '$1')}`, amount(ours.p50, unit), `${rival.name}: ${amount(rival.p50, unit)}`, ratio === null ? '–' : `**${ratio.toFixed(ratio < 0.1 ? 3 : 2)} ×**`, goalOf(measurement)].join(' | ');
  });
  return ['| what | on | vncctl | compared with | ratio | goal |', '| --- | --- | --- | --- | --- | --- |', ...rows.map((row) => `| ${row} |`)].join('\n');
}

function goalOf({ goal, margin, limit, unit, met }: Measurement): string {
  const goals = [...(goal === undefined ? [] : [`≤ ${goal} ×`]), ...(margin === undefined ? [] : [`≤ + ${margin} ${unit}`.trim()]), ...(limit === undefined ? [] : [`≤ ${limit} ${unit}`.trim()])];
  return `${goals.join(', ')}${met ? '' : ' (missed)'}`;
}

function amount(value: number, unit: Unit): string {
  const digits = unit === '' ? 0 : unit === '%' ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`.trim();
}

// Figures out of measured times, and whether the machine was quiet enough for them. Pure.

/** What can be measured, in the order in which it is told. */
export const BENCH_SCENARIOS = ['cold-greeting', 'cold-page', 'second-up', 'rm', 'warm-made', 'warm-claim'] as const;
export type BenchScenario = (typeof BENCH_SCENARIOS)[number];

/** What a person reads of each. */
export const BENCH_WORDS: Readonly<Record<BenchScenario, string>> = {
  'cold-greeting': 'up, a new one: screen answers',
  'cold-page': 'up, a new one: page painted',
  'second-up': 'up, again',
  rm: 'rm',
  'warm-made': 'pool: a warm one made',
  'warm-claim': 'up, a warm one',
};

/** One line of the result: milliseconds, rounded to a tenth. */
export interface BenchFigure {
  scenario: BenchScenario;
  /** How often it was measured. */
  n: number;
  p50: number;
  p90: number;
  min: number;
  samples: readonly number[];
}

/** The figures of what was measured at least once. */
export function figuresOf(samples: ReadonlyMap<BenchScenario, readonly number[]>): BenchFigure[] {
  return BENCH_SCENARIOS.flatMap((scenario): BenchFigure[] => {
    const measured = (samples.get(scenario) ?? []).map((ms) => Math.round(ms * 10) / 10);
    if (measured.length === 0) return [];
    return [{ scenario, n: measured.length, p50: percentile(measured, 50), p90: percentile(measured, 90), min: Math.min(...measured), samples: measured }];
  });
}

/** By nearest rank: a time that was really measured. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

const BUSY_SHARE = 0.5;

/** Why figures taken now say little: undefined on a quiet machine. `load` is the mean of a minute. */
export function busyReason(load: number, cpus: number): string | undefined {
  if (load <= BUSY_SHARE * cpus) return undefined;
  return `the machine is busy: ${load.toFixed(1)} programs want to run on ${cpus === 1 ? 'one processor' : `${cpus} processors`}, so the figures are worse than they could be`;
}

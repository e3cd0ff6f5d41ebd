// What a scenario is, and how one is measured: both sides in turn, in one run, so that what else the machine does meets both.

/** Two ways to reach the same end, ready to be timed. Each call does the work once and resolves with its milliseconds. */
export interface Contest {
  ours(): Promise<number>;
  rival(): Promise<number>;
  /** Takes away whatever the contest made. */
  stop(): Promise<void>;
}

export interface Scenario<Context> {
  /** As `--only` takes it. */
  name: string;
  /** A row's first cell in the README. */
  about: string;
  /** What it is compared with, in words. */
  rival: string;
  /** The ratio of medians that it must not exceed. */
  goal: number;
  /** Rounds of a full run; each gives two samples of both sides. */
  rounds: number;
  /** Version of Node that runs our side. */
  node: string;
  prepare(context: Context): Promise<Contest>;
}

/** Milliseconds of one side. */
export interface Summary {
  p50: number;
  p90: number;
  min: number;
  n: number;
}

/** One JSON line. */
export interface Measurement {
  scenario: string;
  ours: Summary;
  rival: Summary & { name: string };
  ratio: number;
  goal: number;
  met: boolean;
  node: string;
}

/** Measures one scenario in `rounds` rounds of ours, rival, rival, ours, after one of each that does not count. */
export async function measure<Context>(scenario: Scenario<Context>, context: Context, rounds: number): Promise<Measurement> {
  const contest = await scenario.prepare(context);
  const ours: number[] = [];
  const rival: number[] = [];
  try {
    await contest.ours();
    await contest.rival();
    for (let round = 0; round < rounds; round++) {
      ours.push(await contest.ours());
      rival.push(await contest.rival());
      rival.push(await contest.rival());
      ours.push(await contest.ours());
    }
  } finally {
    await contest.stop();
  }
  const [left, right] = [summarise(ours), summarise(rival)];
  const ratio = Math.round((left.p50 / right.p50) * 100) / 100;
  return { scenario: scenario.name, ours: left, rival: { name: scenario.rival, ...right }, ratio, goal: scenario.goal, met: ratio <= scenario.goal, node: scenario.node };
}

/** Median, ninth decile and best of some samples, to a tenth of a millisecond. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return Math.round((below + (above - below) * (place - Math.floor(place))) * 10) / 10;
  };
  return { p50: at(0.5), p90: at(0.9), min: at(0), n: sorted.length };
}

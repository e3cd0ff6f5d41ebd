// What is measured and how: both sides in turn, in one run, so that what else the machine does meets both.

export type Unit = 'ms' | 'kB' | 'MB' | '%' | '';

/** One number that is compared with a rival's. */
export interface Figure {
  /** Of a JSON line; of a scenario also as `--only` takes it. */
  name: string;
  /** A row's first cell in the README. */
  about: string;
  /** What it is compared with, in words. */
  rival: string;
  /** Milliseconds when absent; nothing for a plain count. */
  unit?: Unit;
  /** The ratio of medians that it must not exceed. */
  goal?: number;
  /** By how much, in its unit, our median may exceed the rival's. */
  margin?: number;
  /** What nine of ten of our samples must not exceed, in its unit. */
  limit?: number;
  /** Version of Node that runs our side. */
  node: string;
}

/** What was seen of both sides, in the unit of the figure. */
export interface Samples {
  ours: number[];
  rival: number[];
}

/** Two ways to reach the same end, ready to be timed. Each call does the work once and resolves with its milliseconds. */
export interface Contest {
  ours(): Promise<number>;
  rival(): Promise<number>;
  /** Takes away whatever the contest made. */
  stop(): Promise<void>;
}

/** A figure that is a race. */
export interface Scenario<Context> extends Figure {
  /** Rounds of a full run; each gives two samples of both sides. */
  rounds: number;
  prepare(context: Context): Promise<Contest>;
}

/** Several figures that are seen on one and the same thing, which takes long to set up. */
export interface Study<Context> {
  /** As `--only` takes it. */
  name: string;
  figures: readonly Figure[];
  /** Left out of a quick run. */
  long?: boolean;
  /** Takes away whatever it makes, whatever happens. Resolves with the samples of each figure, by its name. */
  observe(context: Context, options: { quick: boolean }): Promise<Readonly<Record<string, Samples>>>;
}

/** Of one side, in the unit of the figure. */
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
  /** Null where the rival took nothing. */
  ratio: number | null;
  unit: Unit;
  goal?: number;
  margin?: number;
  limit?: number;
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
  return judge(scenario, { ours, rival });
}

/** Measures the figures of a study. */
export async function measureStudy<Context>(study: Study<Context>, context: Context, quick: boolean): Promise<{ figure: Figure; measurement: Measurement }[]> {
  const seen = await study.observe(context, { quick });
  return study.figures.map((figure) => {
    const samples = seen[figure.name];
    if (!samples) throw new Error(`${study.name} gave no samples of ${figure.name}`);
    return { figure, measurement: judge(figure, samples) };
  });
}

function judge({ name, rival, unit = 'ms', goal, margin, limit, node }: Figure, samples: Samples): Measurement {
  const [ours, theirs] = [summarise(samples.ours), summarise(samples.rival)];
  const ratio = theirs.p50 === 0 ? null : Math.round((ours.p50 / theirs.p50) * 1000) / 1000;
  const met = (goal === undefined || (ratio !== null && ratio <= goal)) && (margin === undefined || ours.p50 - theirs.p50 <= margin) && (limit === undefined || ours.p90 <= limit);
  return { scenario: name, ours, rival: { name: rival, ...theirs }, ratio, unit, ...(goal === undefined ? {} : { goal }), ...(margin === undefined ? {} : { margin }), ...(limit === undefined ? {} : { limit }), met, node };
}

/** Median, ninth decile and best of some samples, to a hundredth. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return Math.round((below + (above - below) * (place - Math.floor(place))) * 100) / 100;
  };
  return { p50: at(0.5), p90: at(0.9), min: at(0), n: sorted.length };
}

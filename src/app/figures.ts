// The part of the composition root that measures: nothing until somebody asks for figures, from then on everything.
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../core/engine.ts';
import { measuredEngine } from '../core/measured.ts';
import { type Metrics, noMetrics } from '../core/metrics.ts';
import type { MetricsOptions, OpenMetrics } from '../daemon/metrics.ts';

export interface Figures {
  /** Who is to be told now. */
  current(): Metrics;
  /** The engine as it is while nobody asks, else measured. */
  measure(engine: Engine): Engine;
  /** All figures, as text of that type. */
  tell(): ReturnType<OpenMetrics['tell']>;
  stop(): Promise<void>;
}

/** Nobody has asked yet. */
export function createFigures({ clock, ...options }: MetricsOptions & { clock: Clock }): Figures {
  let opening: Promise<OpenMetrics> | undefined;
  let open: OpenMetrics | undefined;
  let measured: { engine: Engine; as: Engine } | undefined;
  const current = (): Metrics => open?.metrics ?? noMetrics;

  const load = async (): Promise<OpenMetrics> => {
    const { openMetrics } = await import('../daemon/metrics.ts');
    return (open = openMetrics(options));
  };

  return {
    current,
    measure(engine) {
      if (!open) return engine;
      if (measured?.engine !== engine) measured = { engine, as: measuredEngine(engine, current, clock) };
      return measured.as;
    },
    tell: async () => (await (opening ??= load())).tell(),
    async stop() {
      (await opening?.catch(() => undefined))?.close();
    },
  };
}

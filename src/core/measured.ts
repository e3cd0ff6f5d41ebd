// The engine and the reaper with a watch beside them: the same calls, each told to whoever measures.
import { isVncctlError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import type { Metrics } from './metrics.ts';
import type { Reaper } from './reap.ts';

type Measures = () => Metrics;

// Both last as long as others let them.
const UNMEASURED: readonly string[] = ['waitForExit', 'events'];

/** The engine, with the time and the failure of each call told. */
export function measuredEngine(engine: Engine, metrics: Measures, clock: Pick<Clock, 'monotonicMs'>): Engine {
  const group = <T extends object>(name: string, calls: T): T =>
    new Proxy(calls, {
      get(target, property) {
        const call: unknown = Reflect.get(target, property);
        if (typeof call !== 'function' || UNMEASURED.includes(String(property))) return call;
        return async (...given: unknown[]): Promise<unknown> => {
          const startedMs = clock.monotonicMs();
          const told = `${name}${String(property)}`;
          try {
            const result: unknown = await Reflect.apply(call, target, given);
            metrics().asked(told, clock.monotonicMs() - startedMs);
            return result;
          } catch (error) {
            metrics().asked(told, clock.monotonicMs() - startedMs, isVncctlError(error) ? error.code : 'OTHER');
            throw error;
          }
        };
      },
    });
  return { ...engine, containers: group('containers.', engine.containers), images: group('images.', engine.images), networks: group('networks.', engine.networks) };
}

/** The reaper, with each sweep and each of its steps told. */
export function measuredReaper(reaper: Reaper, metrics: Measures, clock: Pick<Clock, 'monotonicMs'>): Reaper {
  return {
    ...reaper,
    async sweep(options) {
      const startedMs = clock.monotonicMs();
      const tell = (succeeded: boolean): void => metrics().swept(clock.monotonicMs() - startedMs, succeeded);
      try {
        const done = await reaper.sweep({
          ...options,
          onOutcome(outcome) {
            const { step, result } = outcome;
            metrics().reaped({ do: step.do, clock: step.clock, result });
            options?.onOutcome?.(outcome);
          },
        });
        tell(true);
        return done;
      } catch (error) {
        tell(false);
        throw error;
      }
    },
  };
}

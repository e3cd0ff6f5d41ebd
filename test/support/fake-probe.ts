// A readiness probe that knows how far each desktop is because the test says so.
import { READY_STAGES, type ReadyStage } from '../../src/core/catalog.ts';
import type { DesktopProbe, ProbeTarget } from '../../src/core/readiness.ts';

export interface FakeProbe extends DesktopProbe {
  /** Every target that was asked about, in order. */
  readonly targets: readonly ProbeTarget[];
  /** How far desktops get by themselves; `running` means that no RFB server ever answers. Default: `page`. */
  reaches: ReadyStage;
  /** Fails every wait from now on; undefined ends that. */
  failure: Error | undefined;
}

/** Every desktop reaches the page at once, until told otherwise. */
export function createFakeProbe(): FakeProbe {
  const targets: ProbeTarget[] = [];
  const probe: FakeProbe = {
    targets,
    reaches: 'page',
    failure: undefined,
    async waitFor(stage, target, { signal, onStage }) {
      signal.throwIfAborted();
      targets.push(target);
      if (probe.failure) throw probe.failure;
      const asked = READY_STAGES.indexOf(stage);
      const able = READY_STAGES.indexOf(probe.reaches);
      for (const reached of READY_STAGES.slice(1, Math.min(asked, able) + 1)) onStage?.(reached);
      if (able >= asked) return;
      await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    },
  };
  return probe;
}

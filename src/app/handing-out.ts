// The part of the composition root with which the daemon gives out desktops for the command line: what it compares itself by, and
// what it does it with.
import type { App } from '../app.ts';
import type { Desktops } from '../core/desktops.ts';
import { handOut } from '../core/hand-out.ts';
import type { Metrics } from '../core/metrics.ts';
import type { UpOptions } from '../core/up-run.ts';
import type { Waiting } from '../core/waiting.ts';
import { LeftToAsker, type UpRouteParts } from '../daemon/up-route.ts';
import { differingFacts, type InstallationFacts } from './installation-facts.ts';

export interface HandingOutInput {
  /** As it is now: settings may have been read anew. */
  app: () => App;
  /** What goes for it. */
  facts: () => InstallationFacts;
  desktops: () => Promise<Desktops>;
  /** Who counts, as of now. */
  metrics: () => Metrics;
  /** Who waits for a desktop of their own. */
  waiting: Pick<Waiting, 'during'>;
}

/** An image that has to be got is left to whoever asks: that may take their rights on this machine, and they see how it goes. */
export function handingOut({ app, facts, desktops, metrics, waiting }: HandingOutInput): Pick<UpRouteParts, 'handOut' | 'differences'> {
  return {
    differences: async (theirs) => differingFacts({ ...facts(), engine: (await app().engine()).endpoint }, theirs),
    async handOut(ask, options) {
      const { settings, catalog, tickets } = app();
      const tools = { desktops: await desktops(), catalog: await catalog(), defaults: settings, tickets };
      const onPhase: UpOptions['onPhase'] = (phase) => {
        metrics().phase(phase.name, phase.ms);
        options.onPhase?.(phase);
      };
      try {
        const report = await waiting.during(() => handOut(tools, ask, { ...options, onPhase, getImage: () => Promise.reject(new LeftToAsker('an image has to be got first')) }));
        metrics().broughtUp(report.outcome);
        return report;
      } catch (error) {
        if (!(error instanceof LeftToAsker)) metrics().broughtUp('failed');
        throw error;
      }
    },
  };
}

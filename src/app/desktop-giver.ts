// The part of the composition root that gives out desktops: by the daemon that runs, where it would do the very same, else by this
// process, which only then loads what that takes.
import type { App } from '../app.ts';
import type { Io } from '../commands/context.ts';
import type { ProgressListener } from '../core/engine.ts';
import type { HandOutTools, UpAsk, UpReport } from '../core/hand-out.ts';
import type { DryRun } from '../core/up-dry-run.ts';
import type { UpOptions } from '../core/up-run.ts';
import { askForUp, type UpAnswer } from '../daemon/up-client.ts';
import { catalogVersion, factsOf } from './installation-facts.ts';

export interface HandOutOptions extends Pick<UpOptions, 'signal' | 'onPhase'> {
  /** Is told of what takes long: an image that has to be got, a wait for room on the host. */
  onProgress: ProgressListener;
}

export interface DesktopGiver {
  /** Gives the client their desktop. Throws what `up` throws, and DAEMON_FAILED when the daemon goes away over it. */
  handOut(ask: UpAsk, options: HandOutOptions): Promise<UpReport>;
  /** What that would do now. */
  plan(ask: UpAsk): Promise<DryRun>;
}

/** `debug` tells on stderr why a daemon that runs doesn't do it. */
export function createDesktopGiver({ app, io, debug }: { app: App; io: Io; debug: boolean }): DesktopGiver {
  return {
    async handOut(ask, { onProgress, ...options }) {
      const answer = await askDaemon(app, ask, { ...options, onProgress });
      if (answer && 'report' in answer) return answer.report;
      if (answer && debug) io.stderr.write(`debug: the daemon leaves it to this process: ${answer.left}\n`);
      const [{ handOut }, { ensureImage }, tools] = await Promise.all([import('../core/hand-out.ts'), import('../core/images.ts'), toolsOf(app)]);
      return handOut(tools, ask, {
        ...options,
        onProgress,
        getImage: async (entry, tell, signal) => {
          await ensureImage(await app.images(), entry, { signal, onProgress: tell });
        },
      });
    },
    async plan(ask) {
      const [{ requestOf }, { dryRunUp }, tools] = await Promise.all([import('../core/hand-out.ts'), import('../core/up-dry-run.ts'), toolsOf(app)]);
      return dryRunUp(tools.desktops, requestOf(tools, ask));
    },
  };
}

/** Undefined where none runs that could be asked. */
async function askDaemon(app: App, ask: UpAsk, options: HandOutOptions): Promise<UpAnswer | undefined> {
  const socket = app.daemon()?.socket;
  if (socket === undefined) return undefined;
  const facts = { ...factsOf(app, catalogVersion(app.paths.catalog)), engine: (await app.endpoint()).address };
  return askForUp({ socket }, { facts, ask }, options);
}

/** Of this process. BAD_CATALOG_ENTRY when an entry is wrong: the desktop might be of that one. */
async function toolsOf(app: App): Promise<HandOutTools> {
  const catalog = await app.catalog();
  return { desktops: await app.desktops(), catalog, defaults: app.settings, tickets: () => app.tickets() };
}

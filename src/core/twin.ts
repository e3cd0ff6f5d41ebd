// Two processes at once that write names in different ways: the engine's names don't keep them from making two desktops for one
// client. Each looks for the other's after it has its own name, so at least one of them sees the other.
import { VncctlError } from '../errors.ts';
import { decodeLabels } from './labels.ts';
import { isNobodys } from './owner.ts';
import type { Run } from './up-run.ts';

const LOOKS = 20;
const LOOK_MS = 50;

/** NAME_TAKEN where another process has made a desktop for the same client under the name of another naming: this one is taken back. Where both see each other, the one under the plain name goes. */
export async function refuseTwin(run: Run): Promise<void> {
  const { desktops, question, options } = run;
  if (question.otherName === undefined || !(await hasTwin(run, question.otherName))) return;
  // The other one goes now if it has seen this one. If it stays, it had looked before, and may have been handed out.
  if (question.naming.kind !== 'plain') {
    for (let look = 0; look < LOOKS; look++) {
      await desktops.clock.sleep(LOOK_MS, options.signal);
      if (!(await hasTwin(run, question.otherName))) return;
    }
  }
  throw new VncctlError('NAME_TAKEN', `another process made the desktop ${question.otherName} for the same client at the same moment`);
}

async function hasTwin({ desktops, question }: Run, name: string): Promise<boolean> {
  const twin = await desktops.engine.containers.find(name);
  const labels = twin && decodeLabels(twin.labels, question.instance);
  return labels !== undefined && !isNobodys(labels, name);
}

// What `up` and `restart` print of a desktop that was handed out: notes, then the link, or everything as JSON.
import { titleOf } from '../core/desktops.ts';
import type { UpReport } from '../core/hand-out.ts';
import type { Phase } from '../core/up-run.ts';
import { writeJson } from '../ui/json.ts';
import type { CommandContext } from './context.ts';

/** Prints it; returns the link. DAEMON_NOT_RUNNING, after all the rest, where no door leads to it. */
export async function printHandedOut({ io, app }: CommandContext, report: UpReport, { json }: { json?: boolean }): Promise<string> {
  const { id, client, url, outcome, totalMs, phases, notes } = report;
  const desktop = { id, ...(client === null ? {} : { client }) };
  for (const note of notes) io.stderr.write(`note: ${note}\n`);
  if (json) writeJson(io, report);
  else if (io.stderr.isTTY) io.stderr.write(`${titleOf(desktop)} ${outcome} in ${seconds(totalMs)}${summary(phases)}\n`);
  // After the report: it runs all the same.
  if (url === null) throw (await import('../core/link.ts')).noDoor(desktop, app().daemon() !== undefined);
  if (!json) io.stdout.write(`${url}\n`);
  return url;
}

/** A phase as progress shows it. */
export const phaseText = (phase: Phase): string => `${phase.name} ${seconds(phase.ms)}`;

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function summary(phases: readonly Phase[]): string {
  const told = phases.filter(({ ms }) => ms >= 5).map(phaseText);
  return told.length > 0 ? ` (${told.join(', ')})` : '';
}

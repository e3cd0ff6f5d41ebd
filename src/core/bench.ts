// `bench`: measures on this very host how desktops come and go, by the same use-cases as everybody's, with clients that are nobody.
// Whatever happens, what it made is taken away again.
import { benchClientId, type ClientId } from './client-id.ts';
import { type BenchFigure, type BenchScenario, figuresOf } from './bench-figures.ts';
import type { CatalogEntry } from './catalog.ts';
import type { Desktops } from './desktops.ts';
import { milliseconds } from './duration.ts';
import { newDesktopId } from './identity.ts';
import { listDesktops } from './list.ts';
import { findRecipe, lookAtPool } from './pool.ts';
import { makeMember, removeMember } from './pool-member.ts';
import { removeDesktops } from './remove.ts';
import type { DesktopId } from './store.ts';
import { isLeftBehind, removeThrowAways } from './throw-away.ts';
import { up, type UpResult } from './up.ts';
import type { UpOptions, UpRequest } from './up-run.ts';

export interface BenchRequest {
  entry: CatalogEntry;
  /** How often each is measured. */
  rounds: number;
}

export interface BenchOptions extends Pick<UpOptions, 'getImage'> {
  /** Ends it; what was made is removed all the same. */
  signal: AbortSignal;
  /** Told what is being measured. */
  onProgress: (text: string) => void;
}

export interface BenchResult {
  figures: readonly BenchFigure[];
  /** What was not measured, and why. */
  notes: readonly string[];
}

/** Should it be killed, a daemon takes its desktops away. */
const LEASE = { maxAge: milliseconds(3_600_000) };

/** Measures. Throws what `up` throws, and the signal's reason. */
export async function runBench(desktops: Desktops, { entry, rounds }: BenchRequest, options: BenchOptions): Promise<BenchResult> {
  const { signal, onProgress } = options;
  const samples = new Map<BenchScenario, number[]>();
  const notes = new Set<string>();
  const made = new Set<DesktopId>();
  const word = newDesktopId();
  const client = benchClientId(desktops.processes.pid, word);
  const note = (scenario: BenchScenario, ms: number): void => void samples.set(scenario, [...(samples.get(scenario) ?? []), ms]);
  const bench: Bench = { desktops, client, entry, options, note };
  try {
    await removeThrowAways(desktops, isLeftBehind(desktops), CAUSE);
    for (let round = 1; round <= rounds; round++) {
      onProgress(`round ${round} of ${rounds}: a new desktop`);
      await measureCold(bench);
      signal.throwIfAborted();
      onProgress(`round ${round} of ${rounds}: a warm desktop`);
      const why = await measureWarm(bench, made);
      if (why !== undefined) notes.add(why);
      signal.throwIfAborted();
    }
    return { figures: figuresOf(samples), notes: [...notes] };
  } finally {
    onProgress('removing what was made');
    await removeThrowAways(desktops, (other) => other === client, CAUSE);
    await removeMembers(desktops, made);
  }
}

interface Bench {
  desktops: Desktops;
  client: ClientId;
  entry: CatalogEntry;
  options: BenchOptions;
  note: (scenario: BenchScenario, ms: number) => void;
}

async function measureCold(bench: Bench): Promise<void> {
  const { entry, note } = bench;
  const first = await giveDesktop(bench, { cold: true, lease: LEASE });
  const greeting = first.phases.findIndex(({ name }) => name === 'rfb');
  if (greeting >= 0) note('cold-greeting', first.phases.slice(0, greeting + 1).reduce((total, { ms }) => total + ms, 0));
  if (entry.ready === 'page') note('cold-page', first.totalMs);
  note('second-up', (await giveDesktop(bench, {})).totalMs);
  note('rm', await removeOwn(bench));
}

/** Makes a warm one and takes it, or an older one that waits before it; returns why it could not be measured. */
async function measureWarm(bench: Bench, made: Set<DesktopId>): Promise<string | undefined> {
  const { desktops, entry, options, note } = bench;
  const { recipe, why } = await findRecipe(desktops, entry.key, { signal: options.signal });
  if (!recipe) return `warm desktops were not measured: ${why}`;
  const startedMs = desktops.clock.monotonicMs();
  // Before the claim, so that afterwards as many wait as before, and a daemon has nothing to make meanwhile.
  const member = await makeMember(desktops, recipe, options.signal);
  made.add(member);
  note('warm-made', desktops.clock.monotonicMs() - startedMs);
  const result = await giveDesktop(bench, { lease: LEASE });
  await removeOwn(bench);
  if (result.outcome !== 'claimed') return `a warm desktop was made and not taken: ${result.why}`;
  // Where an older one was taken, this one waits in its place.
  if (!made.delete(result.desktop.id)) made.delete(member);
  note('warm-claim', result.totalMs);
  return undefined;
}

function giveDesktop({ desktops, client, entry, options }: Bench, over: Pick<UpRequest, 'cold'> & Partial<Pick<UpRequest, 'lease'>>): Promise<UpResult> {
  const request: UpRequest = { client, entry, wishes: { env: {} }, askedImage: true, recreate: false, lease: {}, ...over };
  return up(desktops, request, { signal: options.signal, getImage: options.getImage });
}

async function removeOwn({ desktops, client, options }: Bench): Promise<number> {
  const startedMs = desktops.clock.monotonicMs();
  const own = (await listDesktops(desktops, { signal: options.signal })).filter((desktop) => desktop.client === client);
  const [removal] = await removeDesktops(desktops, own, { signal: options.signal, cause: CAUSE });
  if (removal?.error !== undefined) throw removal.error;
  return desktops.clock.monotonicMs() - startedMs;
}

const CAUSE = 'vncctl bench: it was measured';

async function removeMembers(desktops: Desktops, made: ReadonlySet<DesktopId>): Promise<void> {
  if (made.size === 0) return;
  const { members } = await lookAtPool(desktops);
  for (const member of members) if (made.has(member.desktopId)) await removeMember(desktops, member, new AbortController().signal);
}

// Taking a warm desktop out of the pool for a client, and fitting it to what they asked for. From the moment of its new name on it is
// theirs and never goes back; whatever fails then is taken away by whoever runs this.
import { isVncctlError, VncctlError } from '../errors.ts';
import { formatClientId } from './client-id.ts';
import { type Desktops, secretOf } from './desktops.ts';
import type { ContainerDetails, ContainerId } from './engine.ts';
import { fittedVariables } from './pool-key.ts';
import type { Member } from './pool-plan.ts';
import type { DesktopSpec } from './spec.ts';
import type { Made, Run } from './up-run.ts';

/** Takes the first of the members that can be had and returns its container. NAME_TAKEN when somebody made a desktop for this client meanwhile, DESKTOP_NOT_FOUND when others have taken them all. */
export async function takeMember(run: Run, name: string, members: readonly Member[], made: Made): Promise<ContainerId> {
  const { signal } = run.options;
  for (const member of members) {
    signal.throwIfAborted();
    const release = await run.desktops.warm.locks.tryTake(member);
    if (!release) continue;
    try {
      if (await takeLocked(run, name, member, made)) return member.container;
    } finally {
      await release();
    }
  }
  throw new VncctlError('DESKTOP_NOT_FOUND', 'the warm desktops were taken by others');
}

async function takeLocked(run: Run, name: string, member: Member, made: Made): Promise<boolean> {
  const { engine } = run.desktops;
  const { signal } = run.options;
  const container = await engine.containers.find(member.container, { signal });
  if (container?.name !== member.name || container.state !== 'paused' || !canShow(container, run.question.spec)) return false;
  signal.throwIfAborted();
  made.desktop = member.desktopId;
  made.container = container.id;
  made.claimed = container;
  try {
    // Without the signal: an aborted request renames all the same.
    await engine.containers.rename(container.id, name, { from: member.name });
  } catch (error) {
    if (!isVncctlError(error, 'NAME_TAKEN', 'DESKTOP_NOT_FOUND')) throw error;
    forget(made);
    if (error.code === 'NAME_TAKEN') throw error;
    return false;
  }
  // Engines let two renames of one container at the same moment both succeed: whose it is, its name says afterwards.
  const now = await engine.containers.find(container.id);
  if (now?.name === name) return true;
  forget(made);
  return false;
}

function forget(made: Made): void {
  delete made.desktop;
  delete made.container;
  delete made.claimed;
}

/** The page of a running browser can be changed for another, but not for the image's own. */
function canShow({ env }: ContainerDetails, { entry, env: asked }: DesktopSpec): boolean {
  const { url } = entry.variables;
  // Images give their variables empty defaults.
  return url === undefined || !env[url] || Boolean(asked[url]);
}

/** Gives a desktop that comes from the pool what was asked for. Where an earlier claim of it did not end (`kept`), only what that one can't have done yet, and explicit wishes. */
export async function fit(run: Run, made: Made, kept: ContainerDetails | undefined): Promise<void> {
  if (kept) {
    if ((await openPage(run, made, kept)) === 'refused') {
      made.wasFitted = true;
      return;
    }
    await resize(run, made, kept);
    await updateLimits(run, kept, run.question.wishes);
    return;
  }
  const container = made.claimed;
  if (!container) throw new VncctlError('BUG', 'a warm desktop was to be fitted before it was taken');
  await updateLimits(run, container, run.question.spec.limits);
  await resize(run, made, container);
  // Last: it works once, so that whoever finds this claim unended knows by it whether all was done.
  if ((await openPage(run, made, container, { fresh: true })) === 'refused' && !(await isDoneByAnother(run, made))) {
    throw new VncctlError('CLAIM_REFUSED', 'the warm desktop takes no page any more');
  }
}

async function updateLimits({ desktops, phase, options }: Run, container: ContainerDetails, wanted: { cpus?: number; memoryBytes?: number }): Promise<void> {
  const { cpus = container.limits.cpus, memoryBytes = container.limits.memoryBytes } = wanted;
  if (cpus === container.limits.cpus && memoryBytes === container.limits.memoryBytes) return;
  await phase('limits', () => desktops.engine.containers.updateLimits(container.id, { cpus, memoryBytes }, { signal: options.signal }));
}

async function resize(run: Run, made: Made, container: ContainerDetails): Promise<void> {
  const { desktops, question, options } = run;
  const { entry, env } = question.spec;
  const { width, height } = entry.variables;
  if (!isFitted(run) || width === undefined || height === undefined || entry.ports.rfb === undefined) return;
  const size = { width: Number(env[width]), height: Number(env[height]) };
  if (!size.width || !size.height || (env[width] === container.env[width] && env[height] === container.env[height])) return;
  const place = { host: addressOf(container), port: entry.ports.rfb };
  await run.phase('size', () => desktops.warm.resizeScreen(place, secret(desktops, entry.key, container), size, { signal: options.signal, clock: desktops.clock }));
  made.repainted = true;
}

async function openPage(run: Run, made: Made, container: ContainerDetails, { fresh = false } = {}): Promise<'done' | 'refused'> {
  const { desktops, question, options, request } = run;
  const { entry, env } = question.spec;
  if (!isFitted(run) || entry.ports.claim === undefined) return 'done';
  const { url: variable, client } = entry.variables;
  const asked = variable === undefined ? undefined : env[variable];
  const url = variable !== undefined && asked !== container.env[variable] ? asked : undefined;
  const clientLabel = client !== undefined && desktops.installation.naming.kind !== 'hashed' ? formatClientId(request.client) : undefined;
  const place = { host: addressOf(container), port: entry.ports.claim };
  const wanted = { ...(url === undefined ? {} : { url }), ...(clientLabel === undefined ? {} : { clientLabel }) };
  try {
    await run.phase('open', () => desktops.warm.openPage(place, secret(desktops, entry.key, container), wanted, { signal: options.signal, clock: desktops.clock, unanswered: fresh && url === undefined }));
  } catch (error) {
    if (!isVncctlError(error, 'CLAIM_REFUSED')) throw error;
    return 'refused';
  }
  if (url !== undefined) made.repainted = true;
  made.fitted = Object.fromEntries(fittedVariables(question.spec, true).map((name) => [name, env[name] ?? '']));
  return 'done';
}

const isFitted = ({ question }: Run): boolean => fittedVariables(question.spec, question.pool.facts.canFit).length > 0;

/** Whether another `up` of the same client has ended this claim meanwhile. */
async function isDoneByAnother({ desktops }: Run, { desktop }: Made): Promise<boolean> {
  return desktop !== undefined && (await desktops.store.read()).allocations[desktop]?.claimed !== undefined;
}

function addressOf({ address }: ContainerDetails): string {
  if (address !== undefined) return address;
  throw new VncctlError('CLAIM_REFUSED', 'the warm desktop has no address that can be dialled from here');
}

function secret(desktops: Desktops, image: string, container: ContainerDetails): string {
  return secretOf(desktops, image, container) ?? '';
}

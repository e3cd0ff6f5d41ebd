// `doctor`: everything a desktop needs, looked at one by one. A check never throws: what goes wrong is its result.
import { isVncctlError } from '../errors.ts';
import { needsOf } from './admission.ts';
import { diskMaxOf } from './disk-watch.ts';
import type { Desktops } from './desktops.ts';
import type { Engine, EngineDescription } from './engine.ts';
import { watchState } from './explain.ts';
import { checkHostAccess, type TrialService } from './host-check.ts';
import { getEntry, type ImageBuilding, imageStatus } from './images.ts';
import { spareMemory } from './memory-lack.ts';
import { listDesktops } from './list.ts';
import { lookAtPool } from './pool.ts';
import { memberStatus } from './pool-plan.ts';
import { formatBytes } from './size.ts';

export type CheckState = 'ok' | 'warning' | 'failed';

export interface CheckResult {
  name: string;
  state: CheckState;
  message: string;
  hint?: string;
}

/** What the checks look at; each part is made when its check runs, so that one that can't be had fails alone. */
export interface CheckSubjects {
  engine: () => Promise<Engine>;
  desktops: () => Promise<Desktops>;
  images: () => Promise<ImageBuilding>;
  image: string;
  endpointSource: () => Promise<string>;
  /** Free bytes of the file system that holds the path; undefined when it can't be told. */
  freeBytes: (path: string) => Promise<number | undefined>;
  /** How a browser would be opened here, or why not. */
  browser: () => { opens: boolean; how: string };
  /** Starts a service on all addresses of this host, for the moment in which a desktop tries to reach it. */
  listen: () => Promise<TrialService>;
  stateFolder: string;
  /** The daemon of the instance that runs now; undefined when none does. */
  daemon: () => { pid: number; startedAt: string; address?: string } | undefined;
  signal: AbortSignal;
}

type Check = (subjects: CheckSubjects, described: EngineDescription | undefined) => Promise<Omit<CheckResult, 'name'>>;

const OLDEST_API = [1, 41] as const;
const GIB = 1024 ** 3;

const CHECKS: readonly { name: string; needsEngine: boolean; run: Check }[] = [
  { name: 'api version', needsEngine: true, run: async (_, engine) => checkApi(engine) },
  { name: 'restart', needsEngine: true, run: checkRestart },
  { name: 'machines', needsEngine: true, run: checkMachines },
  { name: 'image', needsEngine: true, run: checkImage },
  { name: 'port range', needsEngine: false, run: checkPorts },
  { name: 'network', needsEngine: true, run: checkNetwork },
  { name: 'names', needsEngine: true, run: checkNames },
  { name: 'host access', needsEngine: true, run: async ({ desktops, listen, signal }) => checkHostAccess(await desktops(), listen, signal) },
  { name: 'pool', needsEngine: true, run: checkPool },
  { name: 'disk', needsEngine: true, run: checkDisk },
  { name: 'disk bound', needsEngine: false, run: checkDiskBound },
  { name: 'memory', needsEngine: true, run: checkMemory },
  { name: 'shared memory', needsEngine: false, run: checkSharedMemory },
  { name: 'browser', needsEngine: false, run: async ({ browser }) => checkBrowser(browser()) },
  { name: 'store', needsEngine: false, run: checkStore },
  { name: 'daemon', needsEngine: false, run: checkDaemon },
];

/** Runs every check in order; those that need an engine are left out when none answers, since the engine's line says why. */
export async function runChecks(subjects: CheckSubjects): Promise<CheckResult[]> {
  const [engine, description] = await checkEngine(subjects);
  const results: CheckResult[] = [engine];
  for (const { name, needsEngine, run } of CHECKS) {
    if (needsEngine && !description) continue;
    results.push({ name, ...(await attempt(() => run(subjects, description))) });
    subjects.signal.throwIfAborted();
  }
  return results;
}

async function attempt(check: () => Promise<Omit<CheckResult, 'name'>>): Promise<Omit<CheckResult, 'name'>> {
  try {
    return await check();
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Omit<CheckResult, 'name'> {
  const hint = isVncctlError(error) ? error.hint : undefined;
  return { state: 'failed', message: error instanceof Error ? error.message : String(error), ...(hint ? { hint } : {}) };
}

async function checkEngine(subjects: CheckSubjects): Promise<[CheckResult, EngineDescription | undefined]> {
  try {
    const engine = await subjects.engine();
    const description = await engine.describe({ signal: subjects.signal });
    const message = `${description.kind} ${description.version} at ${engine.endpoint} (${await subjects.endpointSource()})`;
    if (!description.rootless) return [{ name: 'engine', state: 'ok', message }, description];
    return [{ name: 'engine', state: 'warning', message: `${message}, rootless`, hint: 'limits may be ignored and desktops can not be paused there' }, description];
  } catch (error) {
    return [{ name: 'engine', ...failureOf(error) }, undefined];
  }
}

function checkApi(engine: EngineDescription | undefined): Omit<CheckResult, 'name'> {
  const [major = 0, minor = 0] = (engine?.apiVersion ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_API;
  const recent = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (recent) return { state: 'ok', message: engine?.apiVersion ?? '' };
  return { state: 'warning', message: `${engine?.apiVersion ?? 'unknown'} is older than ${OLDEST_API.join('.')}, which vncctl is tested with`, hint: 'update the engine' };
}

async function checkRestart({ engine }: CheckSubjects, described: EngineDescription | undefined): Promise<Omit<CheckResult, 'name'>> {
  if (described?.containersSurvive === true) return { state: 'ok', message: 'desktops survive a restart of the engine' };
  const { capabilities, endpoint } = await engine();
  return {
    state: 'warning',
    message: 'every desktop ends when the engine is restarted or dies (live-restore is off)',
    hint: /\/engine\/docker\.sock$|\/run\/vncctl-/.test(endpoint)
      ? 'vncctl engine start   (turns it on, nothing ends)'
      : `${capabilities.local ? '' : "on the engine's host: "}add "live-restore": true to /etc/docker/daemon.json, then: systemctl reload docker   (not with Swarm)`,
  };
}

async function checkMachines(subjects: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const { capabilities } = await subjects.engine();
  if (capabilities.local) return { state: 'ok', message: 'the engine is on this machine, which alone drives it' };
  return {
    state: 'warning',
    message: 'the engine is elsewhere: machines that drive it share its desktops and the locks of up, rm and warm desktops, but not what each remembers (uses, changed leases, promised ports and memory, shares)',
    hint: 'run the daemon on one machine only, and have the others ask it',
  };
}

async function checkImage({ images, image, signal }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const building = await images();
  const status = await imageStatus(building, getEntry(building.catalog, image), { signal });
  const make = status.entry.source.kind === 'pull' ? 'pull' : 'build';
  switch (status.state) {
    case 'current':
      return { state: 'ok', message: `${image}${status.image ? `, ${formatBytes(status.image.sizeBytes)}` : ''}` };
    case 'outdated':
      return { state: 'warning', message: `${image} was built from an older template`, hint: `vncctl images build ${image}` };
    case 'missing':
      return { state: 'warning', message: `${image} is not there yet; the first "up" would have to ${make} it`, hint: `vncctl images ${make} ${image}` };
    default:
      return status.state satisfies never;
  }
}

async function checkPorts(subjects: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const { installation, hostPorts, engine } = await subjects.desktops();
  const { min, max } = installation.ports;
  const range = `${min} to ${max} on ${installation.bindAddress}`;
  if (!engine.capabilities.local) return { state: 'ok', message: `${range}; the engine is elsewhere, its host was not looked at` };
  let free = 0;
  for (let port = min; port <= max; port++) if (await hostPorts.isFree(installation.bindAddress, port)) free++;
  const total = max - min + 1;
  if (free === 0) return { state: 'failed', message: `${range}: none of ${total} is free`, hint: `vncctl config set portMax ${max + 20}` };
  if (installation.bindAddress !== '127.0.0.1' && installation.bindAddress !== '::1') {
    return { state: 'warning', message: `${range}: ${free} of ${total} free, and open to the network (published ports pass by ufw)`, hint: 'back to this host only: vncctl config unset bind' };
  }
  return { state: free < 3 ? 'warning' : 'ok', message: `${range}: ${free} of ${total} free`, ...(free < 3 ? { hint: `vncctl config set portMax ${max + 20}` } : {}) };
}

async function checkNetwork({ desktops, signal }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const { engine, installation } = await desktops();
  const { network: name, subnet } = installation;
  const network = await engine.networks.find(name, { signal });
  const isolation = network?.isolates === 'members' ? 'members' : await engine.networks.isolation({ signal });
  if (isolation === 'networks') {
    if (subnet) return { state: 'failed', message: `each desktop has a network of its own on this engine, so they can't all have the subnet ${subnet}`, hint: 'vncctl config unset subnet' };
    return { state: 'ok', message: `each desktop has one of its own (${name}_…): they can not reach each other` };
  }
  if (!network) return { state: 'ok', message: `${name} will be made by the first "up"${subnet ? ` with ${subnet}` : ''}` };
  if (network.isolates !== 'members') return { state: 'failed', message: `${name} lets its members reach each other`, hint: 'vncctl config set network vncctl_desktops' };
  if (subnet && !network.subnets.includes(subnet)) return { state: 'failed', message: `${name} has ${network.subnets.join(', ')}, the setting says ${subnet}`, hint: `docker network rm ${name}   (when no desktop is on it)` };
  return { state: 'ok', message: `${name}, ${network.subnets.join(', ') || 'no subnet'}, its members can not reach each other` };
}

/** Every desktop can ask the engine's DNS for the names of its neighbours. */
async function checkNames({ desktops, signal }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const own = await desktops();
  if (own.installation.naming.kind === 'plain') {
    return {
      state: 'warning',
      message: 'container names hold client ids, and every desktop can find out the names of its neighbours',
      hint: 'vncctl config set naming labelled   (a desktop gets its new name with its next up)',
    };
  }
  const named = (await listDesktops(own, { signal })).filter(({ client, container }) => client !== undefined && container?.name.includes(client));
  if (named.length === 0) return { state: 'ok', message: 'container names tell no client' };
  return { state: 'warning', message: `${named.length} of the desktops still have the client id in their name`, hint: 'each gets its new name with its next: vncctl up <client>' };
}

async function checkPool({ desktops, signal }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const { off, wishes, members, options } = await lookAtPool(await desktops(), { signal });
  if (wishes.length === 0 && members.length === 0 && off === undefined) return { state: 'ok', message: 'no warm desktops are wanted' };
  const why = off ?? wishes.find((wish) => wish.why !== undefined)?.why;
  const ready = members.filter((member) => memberStatus(member, wishes.find(({ image }) => image === member.image), options).status === 'ready').length;
  const wanted = wishes.reduce((sum, { count }) => sum + count, 0);
  const message = `${ready} of ${wanted} warm desktops are ready`;
  if (why !== undefined) return (await desktops()).installation.pool.length > 0 ? { state: 'warning', message: `${message}: ${why}`, hint: 'vncctl pool ls   (to want none: vncctl config unset pool)' } : { state: 'ok', message: `none can be kept here: ${why}` };
  return ready < wanted ? { state: 'warning', message, hint: 'vncctl pool fill   (or a daemon that does it: vncctl daemon install)' } : { state: 'ok', message };
}

async function checkDisk({ engine, freeBytes }: CheckSubjects, described: EngineDescription | undefined): Promise<Omit<CheckResult, 'name'>> {
  const { capabilities } = await engine();
  const folder = described?.rootDirectory ?? '';
  const free = capabilities.local ? await freeBytes(folder) : undefined;
  if (free === undefined) return { state: 'ok', message: `${folder}: free space unknown from here` };
  if (free < 2 * GIB) return { state: free < GIB / 2 ? 'failed' : 'warning', message: `${formatBytes(free)} free at ${folder}`, hint: 'docker image prune   (removes images that nothing uses)' };
  return { state: 'ok', message: `${formatBytes(free)} free at ${folder}` };
}

async function checkDiskBound({ desktops, daemon, image }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const bound = diskMaxOf(await desktops(), image);
  if (bound === 'off') return { state: 'warning', message: `a desktop of ${image} may fill the disk (diskMax is off)`, hint: 'vncctl config unset diskMax   (or diskMax in the entry of the image)' };
  const each = `${formatBytes(bound)} for each desktop of ${image}`;
  if (daemon()) return { state: 'ok', message: `watched by the daemon, ${each}` };
  return { state: 'warning', message: `${each}, which only a daemon watches, and none runs`, hint: 'vncctl daemon install   (or by hand: vncctl daemon)' };
}

async function checkMemory({ desktops, images, image }: CheckSubjects, described: EngineDescription | undefined): Promise<Omit<CheckResult, 'name'>> {
  const tools = await desktops();
  const entry = getEntry((await images()).catalog, image);
  const total = described?.memoryBytes ?? 0;
  const available = tools.engine.capabilities.local ? await tools.memory.availableBytes() : undefined;
  if (available === undefined) return { state: 'ok', message: `${formatBytes(total)} in all; what is free is unknown from here, so every desktop is started` };
  const free = `${formatBytes(available)} free of ${formatBytes(total)}`;
  const spare = await spareMemory(tools, await tools.store.read());
  if (spare === undefined) return { state: 'ok', message: `${free}; it is not looked at before a start (reserveMemory is off)` };
  const count = Math.max(0, Math.floor(spare / needsOf(entry)));
  const message = `${free}: room for ${count === 1 ? 'one more desktop' : `${count} more desktops`} of ${image}, ${formatBytes(needsOf(entry))} each`;
  return count === 0 ? { state: 'warning', message, hint: 'remove idle desktops: vncctl ls   (or let up wait for memory: vncctl config set queue 30s)' } : { state: 'ok', message };
}

async function checkSharedMemory({ images, image }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const { shmSizeBytes } = getEntry((await images()).catalog, image).limits;
  if (shmSizeBytes >= 128 * 1024 ** 2) return { state: 'ok', message: `${formatBytes(shmSizeBytes)} for each desktop` };
  return { state: 'warning', message: `${formatBytes(shmSizeBytes)} for each desktop: tabs of a browser crash below 128m`, hint: `raise limits.shm of the image ${image}` };
}

function checkBrowser({ opens, how }: { opens: boolean; how: string }): Omit<CheckResult, 'name'> {
  return { state: 'ok', message: opens ? `opens with ${how}` : `links are only printed: ${how}` };
}

async function checkStore({ desktops, stateFolder }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const { store } = await desktops();
  // A change that changes nothing takes the lock and gives it back: what every "up" has to be able to do.
  const count = await store.update((state) => ({ result: Object.keys(state.allocations).length }));
  return { state: 'ok', message: `${stateFolder}: lock taken and given back, ${count === 1 ? '1 desktop' : `${count} desktops`} remembered` };
}

async function checkDaemon({ desktops, daemon }: CheckSubjects): Promise<Omit<CheckResult, 'name'>> {
  const running = daemon();
  const tools = await desktops();
  const { watched, lastLookAt } = watchState(tools, await tools.store.read());
  if (running && watched) return { state: 'ok', message: `process ${running.pid} since ${running.startedAt}, its last look at ${lastLookAt}; ${running.address === undefined ? 'it answers nowhere, so new desktops get ports' : `it answers at ${running.address}`}` };
  if (running) return { state: 'warning', message: `process ${running.pid} runs, but has not looked ${lastLookAt === undefined ? 'yet' : `since ${lastLookAt}`}`, hint: 'its log says why: journalctl -u vncctl' };
  if (watched) return { state: 'ok', message: `none runs, but somebody looks now and then: ${lastLookAt}` };
  return { state: 'warning', message: 'none runs: nobody watches, and idle desktops stay', hint: 'vncctl daemon install   (or by hand: vncctl daemon)' };
}

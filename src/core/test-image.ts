// `images test`: tries every known way out of a kiosk on a desktop of its own, made of the entry and thrown away, whatever happens.
import type { CatalogEntry } from './catalog.ts';
import { benchClientId, type ClientId } from './client-id.ts';
import { type Desktops, probeTarget } from './desktops.ts';
import { milliseconds } from './duration.ts';
import type { ContainerDetails } from './engine.ts';
import { type EscapeReport, findEscapes, type TestedKiosk } from './escape-search.ts';
import type { EscapeTry } from './escape-table.ts';
import { newDesktopId } from './identity.ts';
import { LABEL } from './labels.ts';
import type { ProbeTarget } from './readiness.ts';
import { isLeftBehind, removeThrowAways } from './throw-away.ts';
import { up } from './up.ts';
import type { UpOptions } from './up-run.ts';
import { VncctlError } from '../errors.ts';

/** What a trial is made with. */
export interface Trial {
  tries: readonly EscapeTry[];
  /** Serves the pages at an address of this machine. TRIAL_UNREACHABLE when it is none of this machine's. */
  servePages(host: string): Promise<ServedPages>;
}

export interface ServedPages {
  /** Forgets what was reported and asked for; returns the address of the page that the next desktop has to stay on. */
  begin(): string;
  /** A desktop that loads the page now, to be tried. TRIAL_UNREACHABLE when the page never comes. */
  openKiosk(target: ProbeTarget, signal: AbortSignal): Promise<TestedKiosk & { close(): void }>;
  close(): void;
}

export interface TestImageRequest {
  entry: CatalogEntry;
  /** Address of this machine as a desktop reaches it; absent: the router of the desktop's network. */
  pageHost?: string;
}

export interface TestImageOptions extends Pick<UpOptions, 'getImage'> {
  /** Ends it; what was made is removed all the same. */
  signal: AbortSignal;
  onProgress: (text: string) => void;
}

const CAUSE = 'vncctl images test: it was tried';
/** Should the process be killed, a daemon takes the desktop away. */
const LEASE = { maxAge: milliseconds(3_600_000) };

/** Makes all tries. USAGE for an entry that shows no page of the caller's choice; TRIAL_UNREACHABLE; what `up` throws; the signal's reason. */
export async function testImage(desktops: Desktops, trial: Trial, { entry, pageHost }: TestImageRequest, options: TestImageOptions): Promise<EscapeReport> {
  const { signal, onProgress } = options;
  if (!entry.variables.url && !entry.variables.app) {
    throw new VncctlError('USAGE', `the image ${entry.key} shows no page of the caller's choice, so that there is none to stay on`, { hint: 'which images there are: vncctl images ls' });
  }
  const client = benchClientId(desktops.processes.pid, newDesktopId());
  let pages: ServedPages | undefined;
  let kiosk: Awaited<ReturnType<ServedPages['openKiosk']>> | undefined;
  const give = async (url?: string): Promise<ContainerDetails> => {
    const container = await giveDesktop(desktops, { client, entry, ...(url === undefined ? {} : { url }) }, options);
    await refuseClosedNetwork(desktops, entry.key, signal);
    return container;
  };
  try {
    onProgress('making a desktop');
    await removeThrowAways(desktops, isLeftBehind(desktops), CAUSE);
    const first = await give();
    pages = await trial.servePages(pageHost ?? (await routerOf(desktops, first)));
    const served = pages;
    const fresh = async (): Promise<TestedKiosk> => {
      kiosk?.close();
      const container = await give(served.begin());
      const target = probeTarget(desktops, entry.key, container);
      if (!target) throw new VncctlError('TRIAL_UNREACHABLE', 'the screen of the desktop is reached by no way from here', { hint: 'check with: vncctl doctor' });
      kiosk = await served.openKiosk(target, signal);
      return kiosk;
    };
    return await findEscapes(trial.tries, fresh, {
      signal,
      onProgress: (done, all) => onProgress(`${Math.floor((done * 100) / all)} % of ${all} tries`),
      onEscape: ({ name, why }) => onProgress(`${name} led out: ${why}`),
    });
  } finally {
    kiosk?.close();
    pages?.close();
    onProgress('removing what was made');
    await removeThrowAways(desktops, (other) => other === client, CAUSE);
  }
}

/** A new desktop in place of the one before; without an address as soon as it runs. */
async function giveDesktop(desktops: Desktops, { client, entry, url }: { client: ClientId; entry: CatalogEntry; url?: string }, { signal, getImage }: TestImageOptions): Promise<ContainerDetails> {
  const stage = url === undefined ? { stage: 'running' as const } : {};
  const request = { client, entry, wishes: { env: {}, ...(url === undefined ? {} : { url }) }, askedImage: true, recreate: url !== undefined, lease: LEASE, cold: true as const, ...stage };
  const { desktop } = await up(desktops, request, { signal, getImage });
  const container = desktop.container && (await desktops.engine.containers.find(desktop.container.id, { signal }));
  if (!container) throw new VncctlError('DESKTOP_NOT_FOUND', 'the desktop that is tried is gone', { hint: 'try again' });
  return container;
}

/** The pages are a service of this host, which desktops on a closed network don't reach. */
async function refuseClosedNetwork({ engine, installation }: Desktops, key: string, signal: AbortSignal): Promise<void> {
  const network = await engine.networks.find(installation.network, { signal });
  if (network?.labels[LABEL.host] !== 'closed') return;
  throw new VncctlError('TRIAL_UNREACHABLE', `desktops on the network ${installation.network} reach nothing of this host, so the pages of the trial neither`, {
    hint: `try on a network that is open: VNCCTL_HOST_ACCESS=on VNCCTL_NETWORK=vncctl-trial vncctl --instance trial images test ${key}`,
  });
}

/** The router of the desktop's network, which is this machine where the engine is. TRIAL_UNREACHABLE when the desktop doesn't tell. */
async function routerOf({ engine }: Desktops, { id }: ContainerDetails): Promise<string> {
  const { output } = await engine.containers.exec(id, ['cat', '/proc/net/route']);
  const router = readRouter(output);
  if (router !== undefined && engine.capabilities.local) return router;
  throw new VncctlError('TRIAL_UNREACHABLE', 'it is not known at which address a desktop of this engine reaches this machine', {
    hint: 'name it: vncctl images test <key> --page-host <address>',
  });
}

/** The address of the default route in the kernel's table; undefined where there is none. */
export function readRouter(table: string): string | undefined {
  const fields = table.split('\n').map((line) => line.trim().split(/\s+/));
  const hex = fields.find(([, destination]) => destination === '00000000')?.[2];
  if (hex === undefined || !/^[0-9A-F]{8}$/.test(hex)) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  return [...bytes.reverse()].join('.');
}

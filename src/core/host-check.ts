// What a desktop reaches of the host it runs on: tried from inside one that runs, since only that counts, whoever made the rules.
import { deriveDesktops } from './desktop.ts';
import { type Desktops, viewOf } from './desktops.ts';
import { isVncctlError } from '../errors.ts';
import { LABEL, ownershipLabels } from './labels.ts';

/** What the trial came to, as a line of `doctor`. */
export interface HostAccess {
  state: 'ok' | 'warning';
  message: string;
  hint?: string;
}

/** A service of the host for as long as it is tried: it answers on every address, as careless services do. */
export interface TrialService {
  port: number;
  close(): void;
}

const TRIAL_DEADLINE_MS = 10_000;
const METADATA_ADDRESS = '169.254.169.254';
const UNREACHED = 3;

// The host is the gateway of the desktop's network. An exit code tells: 0 connected, 3 or ended by the alarm not; anything else, and it could not be tried.
const TRY = `use Socket;
my ($address, $port) = @ARGV;
if ($address eq 'gateway') {
  open(my $routes, '<', '/proc/net/route') or exit 4;
  while (<$routes>) { my @field = split; $address = join('.', unpack('C4', pack('V', hex($field[2])))) if $field[1] eq '00000000'; }
}
$SIG{ALRM} = sub { exit ${UNREACHED} };
alarm 2;
socket(my $socket, PF_INET, SOCK_STREAM, 0) or exit 4;
exit(connect($socket, sockaddr_in($port, inet_aton($address))) ? 0 : ${UNREACHED});`;

/** Whether a desktop reaches a service of this host, and a cloud's metadata. `listen` starts the service that is tried. */
export async function checkHostAccess(desktops: Desktops, listen: () => Promise<TrialService>, signal: AbortSignal): Promise<HostAccess> {
  const { engine, installation, store } = desktops;
  if (!engine.capabilities.local) return { state: 'ok', message: 'the engine is elsewhere, so what desktops reach of its host was not tried' };
  const network = await engine.networks.find(installation.network, { signal });
  const isClosed = network?.labels[LABEL.host] === 'closed';
  const containers = await engine.containers.list({ labels: ownershipLabels(installation.instance) }, { signal });
  const running = deriveDesktops(containers, await store.read(), viewOf(desktops)).find(({ status, container }) => status === 'ready' && container !== undefined)?.container;
  const made = !network ? '' : isClosed ? ' (their network was made closed to it)' : ' (their network was made open to it)';
  if (!running) return { state: 'ok', message: `not tried, since no desktop runs: whether one reaches services of this host${made}` };
  const service = await listen();
  try {
    const reaches = async (address: string, port: number): Promise<boolean | undefined> => {
      try {
        const { exitCode } = await engine.containers.exec(running.id, ['perl', '-e', TRY, address, String(port)], { signal, deadlineMs: TRIAL_DEADLINE_MS });
        return exitCode === 0 ? true : exitCode === UNREACHED ? false : undefined;
      } catch (error) {
        if (isVncctlError(error)) return undefined;
        throw error;
      }
    };
    const [host, metadata] = [await reaches('gateway', service.port), await reaches(METADATA_ADDRESS, 80)];
    if (host === undefined || metadata === undefined) return { state: 'ok', message: `it could not be tried from a desktop whether it reaches services of this host${made}` };
    if (!host && !metadata) return { state: 'ok', message: `desktops reach no service of this host that listens on all addresses, and no metadata of a cloud` };
    const reached = [...(host ? ['services of this host that listen on all addresses'] : []), ...(metadata ? [`a cloud's metadata (${METADATA_ADDRESS})`] : [])].join(' and ');
    return { state: 'warning', message: `desktops reach ${reached}`, hint: cureOf(isClosed, network?.subnets ?? []) };
  } finally {
    service.close();
  }
}

function cureOf(isClosed: boolean, subnets: readonly string[]): string {
  if (isClosed) return 'make the rules again: vncctl engine start';
  const from = subnets[0] ?? '<subnet of their network>';
  const rules = [`iptables -I INPUT -s ${from} -m conntrack --ctstate NEW -j REJECT`, `iptables -I DOCKER-USER -s ${from} -d 169.254.0.0/16 -j REJECT`];
  return `as root: ${rules.join(' && ')}   (or for a network that is made from now on: vncctl config set hostAccess off)`;
}

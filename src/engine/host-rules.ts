// Firewall rules that keep the desktops on a bridge from the services of their host and from link-local addresses, where clouds
// answer with the host's credentials (169.254.169.254). A chain for each bridge; no rule of others is touched. Connections to
// desktops and their answers pass, and so do questions to the name servers of the host.
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { RunProgram } from '../core/run-program.ts';
import { VncctlError } from '../errors.ts';

/** Closes the host to the members of a bridge, and takes that back. */
export interface HostRules {
  /** Idempotent. `instance` is named in a comment on each rule outside the bridge's own chain. ENGINE_FAILED when the firewall refuses. */
  close(bridge: string, instance: string): Promise<void>;
  /** Takes away what `close` made; what is gone already is success. */
  open(bridge: string, instance: string): Promise<void>;
}

const DEADLINE_MS = 10_000;
const WAIT = ['-w', '5'];
const LINK_LOCAL = '169.254.0.0/16';
// systemd-resolved lists what it asks itself in the second one, which engines read where the first names only this machine.
const RESOLVER_FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** Name of the chain of a bridge; at most 28 characters. */
export const chainOf = (bridge: string): string => `vncctl-${bridge}`;

/** The rules of this host, made with `iptables`. It needs root. */
export function hostRules(run: RunProgram): HostRules {
  const iptables = async (...args: string[]): Promise<boolean> => (await run('iptables', [...WAIT, ...args], { deadlineMs: DEADLINE_MS })).exitCode === 0;
  return {
    async close(bridge, instance) {
      const servers = nameServersIn((await Promise.all(RESOLVER_FILES.map((file) => readFile(file, 'utf8').catch(() => '')))).join('\n'));
      const made = await run('iptables-restore', [...WAIT, '--noflush'], { input: chainText(bridge, servers), deadlineMs: DEADLINE_MS });
      if (made.exitCode !== 0) throw refused(bridge, made.stderr);
      for (const jump of jumpsOf(bridge, instance)) {
        if (await iptables('-C', ...jump)) continue;
        const [chain = '', ...rule] = jump;
        const added = await run('iptables', [...WAIT, '-I', chain, ...rule], { deadlineMs: DEADLINE_MS });
        if (added.exitCode !== 0) throw refused(bridge, added.stderr);
      }
    },
    async open(bridge, instance) {
      for (const jump of jumpsOf(bridge, instance)) while (await iptables('-C', ...jump)) if (!(await iptables('-D', ...jump))) break;
      await dropChain(run, bridge);
    },
  };
}

/** Removes the chain of a bridge that no rule leads to any more; none is success. */
export async function dropChain(run: RunProgram, bridge: string): Promise<void> {
  for (const action of ['-F', '-X']) await run('iptables', [...WAIT, action, chainOf(bridge)], { deadlineMs: DEADLINE_MS });
}

/** The chain as `iptables-restore` takes it: what of the traffic from desktops to the host passes, and that the rest is refused. */
export function chainText(bridge: string, nameServers: readonly string[]): string {
  const chain = chainOf(bridge);
  const questions = nameServers.flatMap((server) => ['udp', 'tcp'].map((protocol) => `-A ${chain} -d ${server} -p ${protocol} --dport 53 -j RETURN`));
  // Refused rather than dropped: a page that asks for such an address fails at once.
  return ['*filter', `:${chain} - [0:0]`, `-A ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`, ...questions, `-A ${chain} -j REJECT`, 'COMMIT', ''].join('\n');
}

/** The rules that lead to the chain: for the host itself, and for link-local addresses behind it. */
export function jumpsOf(bridge: string, instance: string): string[][] {
  const jump = ['-m', 'comment', '--comment', `vncctl-${instance}`, '-j', chainOf(bridge)];
  return [
    ['INPUT', '-i', bridge, ...jump],
    ['DOCKER-USER', '-i', bridge, '-d', LINK_LOCAL, ...jump],
  ];
}

/** The IPv4 name servers in a resolver's configuration, without those that are only this machine's own. */
export function nameServersIn(text: string): string[] {
  const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
  return [...new Set(found)].filter((address) => isIPv4(address) && !address.startsWith('127.'));
}

function refused(bridge: string, words: string): VncctlError {
  return new VncctlError('ENGINE_FAILED', `the host could not be closed to the desktops on ${bridge}: ${words.trim().split('\n')[0] ?? ''}`, {
    hint: 'it needs root and iptables; to let desktops reach the services of this host: vncctl config set hostAccess on',
  });
}

import { expect, test } from 'vitest';
import type { RunProgram } from '../../../src/core/run-program.ts';
import { chainText, hostRules, nameServersIn } from '../../../src/engine/host-rules.ts';

const BRIDGE = 'br-0123456789ab';
const CHAIN = `vncctl-${BRIDGE}`;
const INPUT = `INPUT -i ${BRIDGE} -m comment --comment vncctl-one -j ${CHAIN}`;
const USER = `DOCKER-USER -i ${BRIDGE} -d 169.254.0.0/16 -m comment --comment vncctl-one -j ${CHAIN}`;

/** A firewall that keeps the rules that lead to a chain. */
function firewall(...present: string[]): { run: RunProgram; rules: string[]; did: string[] } {
  const rules = [...present];
  const did: string[] = [];
  const run: RunProgram = async (file, args) => {
    const [action = '', ...rest] = args.slice(2);
    const rule = rest.join(' ');
    did.push(`${file} ${action}`);
    if (action === '-C' || action === '-D') {
      const index = rules.indexOf(rule);
      if (action === '-D' && index >= 0) rules.splice(index, 1);
      return { exitCode: index >= 0 ? 0 : 1, stdout: '', stderr: '' };
    }
    if (action === '-I') rules.unshift(rule);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  return { run, rules, did };
}

test('answers and questions to the name servers pass, everything else is refused', () => {
  expect(chainText(BRIDGE, ['10.0.0.2']).split('\n')).toEqual([
    '*filter',
    `:${CHAIN} - [0:0]`,
    `-A ${CHAIN} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`,
    `-A ${CHAIN} -d 10.0.0.2 -p udp --dport 53 -j RETURN`,
    `-A ${CHAIN} -d 10.0.0.2 -p tcp --dport 53 -j RETURN`,
    `-A ${CHAIN} -j REJECT`,
    'COMMIT',
    '',
  ]);
});

test('the name of the chain is one that iptables takes', () => {
  expect(CHAIN.length).toBeLessThanOrEqual(28);
});

test('name servers are told from a resolver file, without those of this machine alone, IPv6 and what is no address', () => {
  expect(nameServersIn('# nameserver 1.1.1.1\nnameserver 127.0.0.53\nnameserver 10.0.0.2\n nameserver\t10.0.0.3\nnameserver fe80::1\nnameserver -j\nnameserver 10.0.0.2\n')).toEqual(['10.0.0.2', '10.0.0.3']);
});

test('closing leads the traffic to the host and to link-local addresses into the chain, once, before the rules of others', async () => {
  const { run, rules } = firewall('INPUT -j ACCEPT');
  await hostRules(run).close(BRIDGE, 'one');
  await hostRules(run).close(BRIDGE, 'one');
  expect(rules).toEqual([USER, INPUT, 'INPUT -j ACCEPT']);
});

test('opening takes away its own rules, all of them, and then the chain', async () => {
  const others = ['INPUT -j ACCEPT', INPUT.replace('vncctl-one', 'vncctl-two')];
  const { run, rules, did } = firewall(INPUT, INPUT, USER, ...others);
  await hostRules(run).open(BRIDGE, 'one');
  expect(rules).toEqual(others);
  expect(did.slice(-2)).toEqual(['iptables -F', 'iptables -X']);
});

test('a firewall that refuses is an error that says how desktops come up without it', async () => {
  const run: RunProgram = async () => ({ exitCode: 4, stdout: '', stderr: 'Permission denied (you must be root)\n' });
  await expect(hostRules(run).close(BRIDGE, 'one')).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('you must be root'), hint: expect.stringContaining('hostAccess on') });
});

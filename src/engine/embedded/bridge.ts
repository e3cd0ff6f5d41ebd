// The embedded engine's network on the host: its bridge, made here because dockerd wants a named one to exist, and what
// dockerd leaves behind in interfaces and firewall rules.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VncctlError } from '../../errors.ts';
import { dropChain } from '../host-rules.ts';
import type { EmbeddedPaths } from './paths.ts';
import { type EngineRanges, chooseRanges, rangesInUse } from './ranges.ts';
import type { EmbeddedSystem } from './system.ts';

/** Makes sure of the bridge, on ranges that nothing else uses; those of the last start are kept when they still can be. */
export async function ensureBridge(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<EngineRanges> {
  const addresses = await ip(system, ['-4', '-o', 'addr', 'show']);
  const routes = await ip(system, ['-4', 'route', 'show', 'table', 'all']);
  const ours = [paths.bridge, ...networkBridges(paths)];
  const ranges = chooseRanges(rangesInUse(addresses, routes, ours), readBlock(paths));
  if (ranges === undefined) {
    throw new VncctlError('NETWORK_CONFLICT', 'every private address range is in use on this machine: none is left for the engine', {
      hint: 'see them with: ip route show table all',
    });
  }
  writeFileSync(paths.rangesFile, `${JSON.stringify(ranges)}\n`, { mode: 0o600 });
  const present = await system.run('ip', ['link', 'show', 'dev', paths.bridge]);
  if (present.exitCode !== 0) await ip(system, ['link', 'add', 'name', paths.bridge, 'type', 'bridge']);
  await ip(system, ['-4', 'addr', 'flush', 'dev', paths.bridge]);
  await ip(system, ['addr', 'add', ranges.bridgeAddress, 'dev', paths.bridge]);
  await ip(system, ['link', 'set', 'dev', paths.bridge, 'up']);
  return ranges;
}

/** Takes away the bridges and the firewall rules that name them. What is gone already is success. */
export async function removeBridges(system: EmbeddedSystem, paths: EmbeddedPaths): Promise<void> {
  const bridges = [paths.bridge, ...networkBridges(paths)];
  const block = readBlock(paths);
  const rules = await system.run('iptables-save', []);
  for (const rule of rulesOf(rules.stdout, bridges, block)) await system.run('iptables', ['-w', '5', '-t', rule.table, '-D', ...rule.words]);
  for (const bridge of bridges) await dropChain(system.run, bridge);
  for (const bridge of bridges) await system.run('ip', ['link', 'delete', 'dev', bridge, 'type', 'bridge']);
}

/** The rules in the words of `iptables-save` that name one of the bridges, or masquerade an address of `block`. */
export function rulesOf(saved: string, bridges: readonly string[], block: string | undefined): { table: string; words: string[] }[] {
  const prefix = block === undefined ? undefined : `${block.split('.').slice(0, 2).join('.')}.`;
  const found: { table: string; words: string[] }[] = [];
  let table = 'filter';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (!line.startsWith('-A ')) continue;
    const words = line.slice(3).trim().split(/\s+/).map((word) => word.replace(/^"(.*)"$/, '$1'));
    const natOfOurs = table === 'nat' && prefix !== undefined && words[words.indexOf('-s') + 1]?.startsWith(prefix) === true && words.includes('MASQUERADE');
    if (natOfOurs || words.some((word) => bridges.includes(word))) found.push({ table, words });
  }
  return found;
}

// dockerd keeps no list of interfaces that can be read while it is down but its database; the names stand in it as text,
// and a name that was freed long ago is still one that only this engine can have had.
function networkBridges(paths: EmbeddedPaths): string[] {
  try {
    const text = readFileSync(join(paths.data, 'network/files/local-kv.db'), 'latin1');
    return [...new Set([...text.matchAll(/"BridgeName":"(br-[0-9a-f]{12})"/g)].map((match) => match[1] ?? ''))];
  } catch {
    return [];
  }
}

function readBlock(paths: EmbeddedPaths): string | undefined {
  try {
    const block: unknown = JSON.parse(readFileSync(paths.rangesFile, 'utf8')).block;
    return typeof block === 'string' ? block : undefined;
  } catch {
    return undefined;
  }
}

async function ip(system: EmbeddedSystem, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await system.run('ip', args);
  if (exitCode === 0) return stdout;
  throw new VncctlError('ENGINE_FAILED', `the engine's network could not be prepared: ip ${args.join(' ')}: ${stderr.trim()}`, {
    hint: 'it needs root and the right to change the network (CAP_NET_ADMIN)',
  });
}

// Address ranges of the embedded engine: one private /16 that nothing on this machine uses, its first /24 for the
// default bridge and its upper half for the networks made later. Reads the words of `ip`; runs nothing.

/** An IPv4 range; `first` is the address as a number, `bits` the prefix length. */
export interface Range {
  first: number;
  bits: number;
}

/** The ranges of one engine, as dockerd and ip take them. */
export interface EngineRanges {
  /** The /16 all of it comes from, in CIDR. */
  block: string;
  /** Address of the bridge with its prefix: `172.28.0.1/24`. */
  bridgeAddress: string;
  /** Base of the later networks, each a /24. */
  poolBase: string;
}

/** Reads `a.b.c.d` or `a.b.c.d/n`; undefined for anything else. The host part is cut off. */
export function parseRange(text: string): Range | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (found === null) return undefined;
  const octets = found.slice(1, 5).map(Number);
  const bits = found[5] === undefined ? 32 : Number(found[5]);
  if (octets.some((octet) => octet > 255) || bits > 32) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - bits);
  return { first: Math.floor(address / size) * size, bits };
}

/** Whether two ranges share an address. */
export function overlaps(one: Range, other: Range): boolean {
  return one.first < other.first + 2 ** (32 - other.bits) && other.first < one.first + 2 ** (32 - one.bits);
}

// Nobody's network is wider than 10.0.0.0/8; what is wider leads elsewhere.
const WIDEST_NETWORK_BITS = 8;

/** The ranges in use by `ip -4 -o addr show` and `ip -4 route show table all`, but for those on interfaces of `ours`. Default routes count for nothing, in the halves that a VPN cuts them into neither. */
export function rangesInUse(addresses: string, routes: string, ours: readonly string[]): Range[] {
  const used: Range[] = [];
  const add = (text: string | undefined): void => {
    const range = text === undefined ? undefined : parseRange(text);
    if (range !== undefined && range.bits >= WIDEST_NETWORK_BITS) used.push(range);
  };
  for (const line of addresses.split('\n')) {
    const found = /^\d+:\s+(\S+?)(?:@\S+)?\s+inet\s+(\S+)(?:\s+peer\s+(\S+))?/.exec(line);
    if (found === null || ours.includes(found[1] ?? '')) continue;
    add(found[2]);
    add(found[3]);
  }
  for (const line of routes.split('\n')) {
    const words = line.trim().split(/\s+/);
    const device = words[words.indexOf('dev') + 1];
    if (words.includes('dev') && ours.includes(device ?? '')) continue;
    add(words.slice(0, 2).find((word) => parseRange(word) !== undefined));
  }
  return used;
}

const CANDIDATES: readonly string[] = [
  ...[28, 29, 30, 31, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16].map((second) => `172.${second}.0.0/16`),
  ...[213, 214, 215, 216, 217, 218, 219, 220].map((second) => `10.${second}.0.0/16`),
  '192.168.0.0/16',
];

/** The first private /16 that overlaps nothing in use; `preferred` is tried before all. undefined when all are taken. */
export function chooseRanges(used: readonly Range[], preferred?: string): EngineRanges | undefined {
  const candidates = preferred === undefined ? CANDIDATES : [preferred, ...CANDIDATES];
  for (const block of candidates) {
    const range = parseRange(block);
    if (range === undefined || range.bits !== 16 || used.some((other) => overlaps(range, other))) continue;
    const prefix = block.split('.').slice(0, 2).join('.');
    return { block, bridgeAddress: `${prefix}.0.1/24`, poolBase: `${prefix}.128.0/17` };
  }
  return undefined;
}

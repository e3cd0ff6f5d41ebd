// Which networks this host is on itself, and by which interface, from /proc/net/route (addresses in hexadecimal, in the byte order of a
// little-endian machine). Pure.

export interface LocalRoute {
  interface: string;
  /** Both as 32 bits, the first octet lowest. */
  destination: number;
  mask: number;
}

/** The routes that lead to a network this host is on itself. */
export function localRoutesIn(table: string): LocalRoute[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name = '', destination = '', gateway = '', , , , , mask = ''] = line.split('\t').map((field) => field.trim());
      if (gateway !== '00000000') return [];
      return { interface: name, destination: Number.parseInt(destination, 16), mask: Number.parseInt(mask, 16) };
    });
}

/** The interface behind which an IPv4 address is; undefined when none of this host's networks holds it. */
export function interfaceTo(address: string, routes: readonly LocalRoute[]): string | undefined {
  const bits = bitsOf(address);
  const holding = routes.filter(({ destination, mask }) => (bits & mask) >>> 0 === destination);
  // The narrower network is the one that is taken.
  return holding.sort((a, b) => bitCount(b.mask) - bitCount(a.mask))[0]?.interface;
}

/** Whether one of the routes leads to just this subnet (CIDR, IPv4), as that of a bridge does. */
export function leadsTo(subnet: string, routes: readonly LocalRoute[]): boolean {
  const [base = '', length = ''] = subnet.split('/');
  const bits = bitsOf(base);
  return routes.some(({ destination, mask }) => bitCount(mask) === Number(length) && (bits & mask) >>> 0 === destination);
}

function bitsOf(address: string): number {
  return address.split('.').reduceRight((sum, octet) => sum * 256 + Number(octet), 0);
}

function bitCount(bits: number): number {
  return bits.toString(2).replaceAll('0', '').length;
}

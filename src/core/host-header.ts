// Which name a request was sent to, and whether it is one of this machine's own. A page of a stranger whose name was made to
// point here speaks in that name (DNS rebinding); browsers always send one.

/** The host of a Host header without brackets, in small letters, and its port where one is said; undefined for what is no host. */
export function placeIn(header: string): { name: string; port: string } | undefined {
  const [, name, port = ''] = /^(\[[^\]]+\]|[^:]+)(?::(\d*))?$/.exec(header.trim().toLowerCase()) ?? [];
  return name === undefined ? undefined : { name: name.replace(/^\[|\]$/g, ''), port };
}

/** The host alone. */
export function hostNameIn(header: string): string | undefined {
  return placeIn(header)?.name;
}

/** Whether an address, as sockets spell them, means this machine only. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** The names of this machine to itself. */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

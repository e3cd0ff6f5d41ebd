// A container's own table of TCP sockets, /proc/net/tcp and tcp6 (numbers are hexadecimal, addresses in the byte order of a
// little-endian machine). Pure.

// Of the table for version 4: the other one alone would miss everybody.
const HEADER = /^ *sl +local_address +rem_address/m;
const ESTABLISHED_ROW = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} 01 /gm;

// ::1, and 127.0.0.0/8 as itself or within an address of version 6.
const LOOPBACK = /^(?:0{24}01000000|(?:0{16}FFFF0000)?[0-9A-F]{6}7F)$/;

/** Established connections from outside to one of the ports. What comes from the container itself is not somebody: health checks, and the web server's way to the VNC server. Undefined when the text holds no table. */
export function viewersIn(tables: string, ports: readonly number[]): number | undefined {
  if (!HEADER.test(tables)) return undefined;
  const asked = new Set(ports);
  const rows = [...tables.matchAll(ESTABLISHED_ROW)];
  return rows.filter(([, local = '', port = '', remote = '']) => asked.has(Number.parseInt(port, 16)) && remote !== local && !LOOPBACK.test(remote)).length;
}

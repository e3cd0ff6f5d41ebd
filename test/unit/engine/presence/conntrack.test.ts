// Rows of /proc/net/nf_conntrack as real kernels wrote them: who counts as being there, and who doesn't.
import { describe, expect, test } from 'vitest';
import { establishedIn, liveEnds, SILENT_AFTER_SECONDS, silenceOf, type TrackedConnection } from '../../../../src/engine/presence/conntrack.ts';

const TIMEOUTS = { establishedSeconds: 432_000, unacknowledgedSeconds: 300 };
const DESKTOP = '172.28.130.2:5900';
const ADDRESSES = new Set(['172.28.130.2', '172.28.130.3', '10.77.0.1', 'fd00:0000:0000:0000:0000:0000:0000:0002']);

const PROXIED = 'ipv4     2 tcp      6 431998 ESTABLISHED src=172.28.130.1 dst=172.28.130.2 sport=53192 dport=5900 src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53192 [ASSURED] mark=0 zone=0 use=2';
const BEFORE_THE_PROXY = 'ipv4     2 tcp      6 431998 ESTABLISHED src=127.0.0.1 dst=127.0.0.1 sport=36682 dport=5901 src=127.0.0.1 dst=127.0.0.1 sport=5901 dport=36682 [ASSURED] mark=0 zone=0 use=2';
const FROM_ANOTHER_HOST = 'ipv4     2 tcp      6 431998 ESTABLISHED src=10.77.0.2 dst=10.77.0.1 sport=52174 dport=5901 src=172.28.130.2 dst=10.77.0.2 sport=5900 dport=52174 [ASSURED] mark=0 zone=0 use=2';
const BY_OWN_ADDRESS = 'ipv4     2 tcp      6 431998 ESTABLISHED src=192.0.2.2 dst=192.0.2.2 sport=40670 dport=5901 src=172.28.130.2 dst=192.0.2.2 sport=5900 dport=40670 [ASSURED] mark=0 zone=0 use=2';
const ENDED = 'ipv4     2 tcp      6 118 TIME_WAIT src=172.28.130.1 dst=172.28.130.2 sport=53176 dport=5900 src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53176 [ASSURED] mark=0 zone=0 use=2';
const UNACKNOWLEDGED = 'ipv4     2 tcp      6 299 ESTABLISHED src=10.77.0.2 dst=10.77.0.1 sport=53752 dport=36069 src=10.77.0.1 dst=10.77.0.2 sport=36069 dport=53752 [ASSURED] mark=0 zone=0 use=3';
const IPV6 =
  'ipv6     10 tcp      6 431999 ESTABLISHED src=fd00:0000:0000:0000:0000:0000:0000:0009 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=50000 dport=5900 src=fd00:0000:0000:0000:0000:0000:0000:0002 dst=fd00:0000:0000:0000:0000:0000:0000:0009 sport=5900 dport=50000 [ASSURED] mark=0 zone=0 use=2';
const ACCOUNTED =
  'ipv4     2 tcp      6 431999 ESTABLISHED src=10.77.0.2 dst=10.77.0.1 sport=52174 dport=5901 packets=12 bytes=900 src=172.28.130.2 dst=10.77.0.2 sport=5900 dport=52174 packets=9 bytes=700 [ASSURED] mark=0 secctx=null zone=0 use=2';
const OFFLOADED = 'ipv4     2 tcp      6 src=10.77.0.2 dst=10.77.0.1 sport=52174 dport=5901 src=172.28.130.2 dst=10.77.0.2 sport=5900 dport=52174 [OFFLOAD] mark=0 zone=0 use=3';
const OTHERS = [
  'ipv4     2 udp      17 12 src=172.28.130.2 dst=10.255.255.53 sport=5900 dport=53 src=10.255.255.53 dst=192.0.2.2 sport=53 dport=5900 mark=0 zone=0 use=2',
  'ipv4     2 unknown  2 548 src=172.28.130.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=172.28.130.1 mark=0 zone=0 use=2',
  'ipv4     2 tcp      6 55 SYN_RECV src=172.28.130.1 dst=172.28.130.2 sport=53178 dport=5900 src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53178 mark=0 zone=0 use=2',
  'ipv4     2 tcp      6 115 SYN_SENT src=172.28.130.1 dst=172.28.130.2 sport=53178 dport=5900 [UNREPLIED] src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53178 mark=0 zone=0 use=2',
  'ipv4     2 tcp      6 9 CLOSE src=172.28.130.1 dst=172.28.130.2 sport=53179 dport=5900 src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53179 [ASSURED] mark=0 zone=0 use=2',
  'ipv4     2 tcp      6 58 CLOSE_WAIT src=172.28.130.1 dst=172.28.130.2 sport=53180 dport=5900 src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53180 [ASSURED] mark=0 zone=0 use=2',
  'ipv4     2 tcp      6 119 FIN_WAIT src=172.28.130.1 dst=172.28.130.2 sport=53181 dport=5900 src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53181 [ASSURED] mark=0 zone=0 use=2',
];
const leaving = (row: string, seconds: number): string => row.replace(/ \d+ ESTABLISHED/, ` ${seconds} ESTABLISHED`);
const rowsOf = (...rows: string[]): TrackedConnection[] => establishedIn(`${rows.join('\n')}\n`, ADDRESSES);
const at = (end: string, ...rows: string[]): number => liveEnds(rowsOf(...rows), TIMEOUTS).get(end) ?? 0;

describe('who is there', () => {
  test.each([
    ['through the published port, by the proxy', PROXIED],
    ['from another host, by translation', FROM_ANOTHER_HOST],
    ["from this host by its own address's published port", BY_OWN_ADDRESS],
    ['in a table that counts packets', ACCOUNTED],
    ['with its packets forwarded past the table', OFFLOADED],
  ])('a connection %s', (_, row) => {
    expect(at(DESKTOP, row)).toBe(1);
  });

  test('each connection once, whatever else is in the table', () => {
    expect(at(DESKTOP, ...OTHERS, PROXIED, BEFORE_THE_PROXY, ENDED, FROM_ANOTHER_HOST, IPV6, UNACKNOWLEDGED)).toBe(2);
  });

  test('a connection of version 6 is told by its own address', () => {
    expect(at('fd00:0000:0000:0000:0000:0000:0000:0002:5900', IPV6)).toBe(1);
    expect(at(DESKTOP, IPV6)).toBe(0);
  });

  test('a connection that the table took up in its middle, with the desktop as who began', () => {
    const reversed = 'ipv4     2 tcp      6 431998 ESTABLISHED src=172.28.130.2 dst=172.28.130.1 sport=5900 dport=53192 src=172.28.130.1 dst=172.28.130.2 sport=53192 dport=5900 [ASSURED] mark=0 zone=0 use=2';
    expect(at(DESKTOP, reversed)).toBe(1);
  });
});

describe('who is not', () => {
  test.each(OTHERS.concat(ENDED))('%s', (row) => {
    expect(at(DESKTOP, row)).toBe(0);
  });

  test('an established entry that only one side was heard of', () => {
    expect(at(DESKTOP, PROXIED.replace('dport=5900 src', 'dport=5900 [UNREPLIED] src'))).toBe(0);
  });

  test('what is connected to another port of the desktop, or where it dials out to', () => {
    expect(at('172.28.130.2:6080', PROXIED)).toBe(0);
    expect(at('172.28.130.3:5900', PROXIED)).toBe(0);
    const outwards = 'ipv4     2 tcp      6 431998 ESTABLISHED src=172.28.130.2 dst=93.184.216.34 sport=43210 dport=5900 src=93.184.216.34 dst=192.0.2.2 sport=5900 dport=43210 [ASSURED] mark=0 zone=0 use=2';
    expect(at(DESKTOP, outwards)).toBe(0);
  });
});

describe('silence', () => {
  const [row] = rowsOf(PROXIED);
  const silence = (leftSeconds: number): number => (row ? silenceOf({ ...row, leftSeconds }, TIMEOUTS) : Number.NaN);

  test('is the time that has run off since the last packet', () => {
    expect(silence(432_000)).toBe(0);
    expect(silence(431_998)).toBe(2);
    expect(silence(432_000 - 3600)).toBe(3600);
  });

  test('of one whom something was sent that is not acknowledged yet is counted from the shorter time the kernel gives that', () => {
    expect(silence(300)).toBe(0);
    expect(silence(296)).toBe(4);
    expect(at('10.77.0.1:36069', UNACKNOWLEDGED)).toBe(1);
  });

  test('is never less than nought, also when the system was told shorter times meanwhile', () => {
    expect(silence(500_000)).toBe(0);
  });

  test('of a quarter of an hour is still somebody, a second more is nobody', () => {
    expect(SILENT_AFTER_SECONDS).toBe(900);
    expect(at(DESKTOP, leaving(PROXIED, 432_000 - SILENT_AFTER_SECONDS))).toBe(1);
    expect(at(DESKTOP, leaving(PROXIED, 432_000 - SILENT_AFTER_SECONDS - 1))).toBe(0);
  });

  test('can not be told without the system\'s times: then nobody is taken for gone', () => {
    const rows = rowsOf(leaving(PROXIED, 5000));
    expect(liveEnds(rows, undefined).get(DESKTOP)).toBe(1);
    expect(liveEnds(rows, TIMEOUTS).get(DESKTOP)).toBeUndefined();
  });
});

test('an empty table has nobody, and a last row without its line break is read too', () => {
  expect(establishedIn('', ADDRESSES)).toEqual([]);
  expect(establishedIn(`${ENDED}\n${PROXIED}`, ADDRESSES)).toHaveLength(1);
});

test('rows about other addresses are left out', () => {
  const table = [PROXIED, BEFORE_THE_PROXY, FROM_ANOTHER_HOST, IPV6, UNACKNOWLEDGED, ''].join('\n');
  expect(establishedIn(table, new Set(['172.28.130.2'])).map(({ reply }) => reply.from)).toEqual(['172.28.130.2', '172.28.130.2']);
  expect(establishedIn(table, new Set(['127.0.0.1']))).toHaveLength(1);
  expect(establishedIn(table, new Set())).toEqual([]);
});

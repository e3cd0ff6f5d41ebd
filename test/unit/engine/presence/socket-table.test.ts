// A container's own socket tables as real kernels wrote them.
import { expect, test } from 'vitest';
import { viewersIn } from '../../../../src/engine/presence/socket-table.ts';

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ';
const HEADER_6 = '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const LISTENING = '   1: 00000000:170C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2341351 1 0000000071fa9ebb 100 0 0 10 0                   ';
const PROXIED = '   2: 02821CAC:170C 01821CAC:D088 01 00000000:00000000 00:00000000 00000000  1000        0 2342851 1 000000001d471777 20 0 0 11 -1                   ';
const FROM_ANOTHER_HOST = '   4: 02821CAC:170C 02004D0A:96E6 01 00000000:00000000 00:00000000 00000000  1000        0 2342850 1 00000000e3d98927 20 0 0 11 -1                   ';
const row = (local: string, remote: string, state = '01'): string => `  14: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 2342850 1 00000000e3d98927 20 0 0 11 -1`;
const table = (...rows: string[]): string => [HEADER, LISTENING, ...rows, HEADER_6, ''].join('\n');

test('connections from the host and from others are counted, what listens is not', () => {
  expect(viewersIn(table(), [5900])).toBe(0);
  expect(viewersIn(table(PROXIED, FROM_ANOTHER_HOST), [5900])).toBe(2);
});

test('only the ports asked about are, each of them', () => {
  expect(viewersIn(table(PROXIED), [6080])).toBe(0);
  expect(viewersIn(table(PROXIED, row('02821CAC:17C0', '01821CAC:D089')), [6080, 5900])).toBe(2);
});

test('a connection that is ending, or not yet standing, is not', () => {
  const states = ['02', '03', '04', '05', '06', '07', '08', '09', '0B'];
  expect(viewersIn(table(...states.map((state) => row('02821CAC:170C', '01821CAC:D088', state))), [5900])).toBe(0);
});

test.each([
  ['loopback', row('0100007F:170C', '0100007F:9C40')],
  ['another address of loopback', row('0B00007F:170C', '0100007F:9C40')],
  ['loopback of version 6', row('00000000000000000000000001000000:170C', '00000000000000000000000001000000:9C40')],
  ['loopback within version 6', row('0000000000000000FFFF00000B00007F:170C', '0000000000000000FFFF00000100007F:9C40')],
  ['loopback of version 6 to another address', row('000080FE00000000FF005450B6AD1DFE:170C', '00000000000000000000000001000000:9C40')],
  ['its own address', row('02821CAC:170C', '02821CAC:9C40')],
])('what comes from the container itself is not: %s', (_, own) => {
  expect(viewersIn(table(own), [5900])).toBe(0);
});

test('a connection to a socket of version 6 is counted, whichever version it comes by', () => {
  const mapped = row('0000000000000000FFFF000002821CAC:170C', '0000000000000000FFFF000001821CAC:D088');
  const six = row('000080FE00000000FF005450B6AD1DFE:170C', '000080FE0000000000000000017F007F:D088');
  expect(viewersIn(`${table()}${mapped}\n${six}\n`, [5900])).toBe(2);
});

test('an address that only ends in 127 is somebody', () => {
  expect(viewersIn(table(row('02821CAC:170C', '7F821CAC:D088')), [5900])).toBe(1);
});

test.each(['', 'cat: /proc/net/tcp: Permission denied\n', `${HEADER_6}\n`])('a text without the table is no nought: %j', (text) => {
  expect(viewersIn(text, [5900])).toBeUndefined();
});

test('words of a program between the tables do no harm', () => {
  expect(viewersIn([HEADER, PROXIED, 'cat: /proc/net/tcp6: No such file or directory', ''].join('\n'), [5900])).toBe(1);
});

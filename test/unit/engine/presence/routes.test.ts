// The routes of a real host with several bridges.
import { expect, test } from 'vitest';
import { interfaceTo, leadsTo, localRoutesIn } from '../../../../src/engine/presence/routes.ts';

const TABLE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
vnc7cffa1793f	00001CAC	00000000	0001	0	0	0	00FFFFFF	0	0	0
br-72de503e5fac	00821CAC	00000000	0001	0	0	0	00FFFFFF	0	0	0
br-wide	000010AC	00000000	0001	0	0	0	0000F0FF	0	0	0
far	0000010A	010200C0	0003	0	0	0	0000FFFF	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
const routes = localRoutesIn(TABLE);

test.each([
  ['172.28.130.2', 'br-72de503e5fac'],
  ['172.28.130.254', 'br-72de503e5fac'],
  ['172.28.0.77', 'vnc7cffa1793f'],
  ['192.0.2.7', 'eth0'],
  ['172.28.131.2', 'br-wide'],
])('%s is behind %s, the narrowest network that holds it', (address, name) => {
  expect(interfaceTo(address, routes)).toBe(name);
});

test.each(['10.1.0.5', '8.8.8.8', '172.32.0.1'])('%s is on no network of the host: a gateway leads there', (address) => {
  expect(interfaceTo(address, routes)).toBeUndefined();
});

test('a host without routes has none', () => {
  expect(localRoutesIn('')).toEqual([]);
});

test.each([
  ['172.28.130.0/24', true],
  ['172.16.0.0/12', true],
  ['172.28.131.0/24', false],
  ['172.28.0.0/16', false],
  ['10.1.0.0/16', false],
  ['0.0.0.0/0', false],
  ['fd00::/64', false],
])('that this host is on just the network %s is %s', (subnet, expected) => {
  expect(leadsTo(subnet, routes)).toBe(expected);
});

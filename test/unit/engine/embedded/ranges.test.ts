import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseRanges, overlaps, parseRange, rangesInUse } from '../../../../src/engine/embedded/ranges.ts';

const range = (text: string): { first: number; bits: number } => {
  const parsed = parseRange(text);
  if (parsed === undefined) throw new Error(`no range: ${text}`);
  return parsed;
};
const addresses = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
5: veth1@if4    inet 172.28.5.1/24 scope global veth1
6: tun0    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0
7: ours0    inet 172.29.0.1/24 scope global ours0
`;
const routes = `default via 192.0.2.1 dev eth0
172.30.0.0/16 via 192.0.2.9 dev eth0 proto static
unreachable 172.31.7.0/24 metric 5
172.29.0.0/24 dev ours0 proto kernel scope link src 172.29.0.1
local 192.0.2.2 dev eth0 table local proto kernel scope host src 192.0.2.2
`;

describe('reading', () => {
  test('the host part of an address is cut off', () => {
    expect(range('172.28.5.1/24')).toEqual(range('172.28.5.0/24'));
  });
  test.each(['default', '256.0.0.1', '1.2.3.4/33', 'fd00::1/64', '1.2.3'])('%s is no range', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
  test('addresses, peers and routes count, the default route and our own interfaces do not', () => {
    const used = rangesInUse(addresses, routes, ['ours0']);
    const uses = (text: string): boolean => used.some((other) => overlaps(other, range(text)));
    for (const text of ['172.28.5.77', '10.8.0.1', '10.8.0.2', '172.30.200.1', '172.31.7.1', '192.0.2.0/24']) expect(uses(text), text).toBe(true);
    for (const text of ['172.29.0.0/16', '8.8.8.8', '172.31.8.0/24']) expect(uses(text), text).toBe(false);
  });
  test('a default route cut in halves counts for nothing, the widest private network does', () => {
    expect(rangesInUse('', '0.0.0.0/0 dev tun0\n0.0.0.0/1 via 10.8.0.1 dev tun0\n128.0.0.0/1 via 10.8.0.1 dev tun0\n10.0.0.0/8 dev tun0\n', [])).toEqual([range('10.0.0.0/8')]);
  });
});

describe('choosing', () => {
  test('the first block that nothing overlaps is taken', () => {
    const chosen = chooseRanges(rangesInUse(addresses, routes, []));
    expect(chosen).toEqual({ block: '172.27.0.0/16', bridgeAddress: '172.27.0.1/24', poolBase: '172.27.128.0/17' });
  });
  test("a machine's own earlier choice is kept while it is free, and given up when it is not", () => {
    expect(chooseRanges([], '172.20.0.0/16')?.block).toBe('172.20.0.0/16');
    expect(chooseRanges([range('172.20.3.0/24')], '172.20.0.0/16')?.block).toBe('172.28.0.0/16');
  });
  test('a wide route over all of 172.16.0.0/12 leads to 10.x, and one over everything private to none', () => {
    expect(chooseRanges([range('172.16.0.0/12')])?.block).toBe('10.213.0.0/16');
    expect(chooseRanges(['172.16.0.0/12', '10.0.0.0/8', '192.168.0.0/16'].map(range))).toBeUndefined();
  });
  test('what is chosen never overlaps what is used, nor the bridge the pool', () => {
    const anyRange = fc.tuple(fc.constantFrom('172.16', '172.28', '172.31', '10.213', '192.168'), fc.nat(255), fc.integer({ min: 8, max: 32 })).map(([prefix, third, bits]) => range(`${prefix}.${third}.0/${bits}`));
    fc.assert(
      fc.property(fc.array(anyRange, { maxLength: 12 }), (used) => {
        const chosen = chooseRanges(used);
        if (chosen === undefined) return;
        const [bridge, pool] = [range(chosen.bridgeAddress), range(chosen.poolBase)];
        expect(used.some((other) => overlaps(other, bridge) || overlaps(other, pool))).toBe(false);
        expect(overlaps(bridge, pool)).toBe(false);
      }),
    );
  });
});

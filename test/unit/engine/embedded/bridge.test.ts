import { expect, test } from 'vitest';
import { rulesOf } from '../../../../src/engine/embedded/bridge.ts';

const saved = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.28.0.0/24 ! -o vnc0123456789 -j MASQUERADE
-A POSTROUTING -s 172.28.128.2/32 -d 172.28.128.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
COMMIT
*filter
-A FORWARD -o vnc0123456789 -j DOCKER
-A FORWARD -o docker0 -j DOCKER
COMMIT
`;

test("only rules that name our bridges or masquerade our addresses are ours", () => {
  expect(rulesOf(saved, ['vnc0123456789'], '172.28.0.0/16').map((rule) => `${rule.table} ${rule.words.join(' ')}`)).toEqual([
    'nat POSTROUTING -s 172.28.0.0/24 ! -o vnc0123456789 -j MASQUERADE',
    'nat POSTROUTING -s 172.28.128.2/32 -d 172.28.128.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE',
    'filter FORWARD -o vnc0123456789 -j DOCKER',
  ]);
});

test('without a known block only names count', () => {
  expect(rulesOf(saved, ['vnc0123456789'], undefined)).toHaveLength(2);
});

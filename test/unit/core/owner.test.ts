// Whose a container is: by its label, by its name where it came from the pool, and nobody's while it waits there.
import { expect, test } from 'vitest';
import { clientKey, isMemberName, memberName, newDesktopId } from '../../../src/core/identity.ts';
import type { DesktopLabels } from '../../../src/core/labels.ts';
import { clientKeyOf, clientOf, isMember } from '../../../src/core/owner.ts';
import type { Allocation, DesktopId } from '../../../src/core/store.ts';
import { ANA, clients } from '../../support/test-desktops.ts';

const [BOB = ANA] = clients(1);
const id = 'bcdfghjkmnpq' as DesktopId;
const view = { instance: 'default', prefix: 'vnc_', naming: { kind: 'plain' } as const };
const pooled: DesktopLabels = { instance: 'default', desktopId: id, poolKey: 'key', naming: 'plain', imageKey: 'kiosk', specHash: 's' };
const made: DesktopLabels = { instance: 'default', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's' };
const recordOf = (client = ANA): Allocation => ({ desktopId: id, client, endpoint: 'here', image: 'kiosk', createdAt: '2030-01-01T00:00:00.000Z' });

test('a warm desktop has its own id in its name, for every instance', () => {
  expect(memberName('vnc_', 'default', id)).toBe(`vnc_pool_${id}`);
  expect(memberName('vnc_', 'lab', id)).toBe(`vnc_lab.pool_${id}`);
  expect(isMemberName(memberName('x-', 'lab', id), id)).toBe(true);
  expect(isMemberName(memberName('vnc_', 'lab', id), newDesktopId())).toBe(false);
});

test.each([
  ['waits in the pool', pooled, `vnc_pool_${id}`, true],
  ['waits there from a time of another prefix', pooled, `desk_pool_${id}`, true],
  ['has its client\'s name', pooled, `vnc_${ANA}`, false],
  ['has the name of another warm one', pooled, 'vnc_pool_zzzzzzzzzzzz', false],
  ['was made for a client who is called so', made, `vnc_pool_${id}`, false],
])('one that %s', (_, labels, name, member) => {
  expect(isMember(labels, name)).toBe(member);
});

test.each([
  ['made for a client is theirs, whatever its name', made, 'renamed', undefined, ANA, ANA],
  ['from the pool is whose name it has', pooled, `vnc_${ANA}`, undefined, ANA, ANA],
  ['from the pool that is remembered is who it is remembered for, whatever its name', pooled, `vnc_${BOB}`, recordOf(), ANA, ANA],
  ['from the pool that was renamed by hand and is remembered', pooled, 'renamed', recordOf(), ANA, ANA],
  ['from the pool that was renamed by hand and forgotten is nobody knows whose', pooled, 'renamed', undefined, '', undefined],
  ['from the pool under a hashed name is nobody knows whose, but by that key', { ...pooled, naming: 'hashed' as const }, 'vnc_abc', undefined, 'abc', undefined],
])('one %s', (_, labels, name, record, key, client) => {
  expect(clientKeyOf(labels, name, record, view)).toBe(key);
  expect(clientOf(labels, name, record, view)).toBe(client);
});

test('one from the pool that was named by a hash since, and is forgotten, is nobody knows whose', () => {
  const name = `vnc_${clientKey(ANA, { kind: 'labelled', key: new Uint8Array(32) })}`;
  expect(clientOf(pooled, name, undefined, view)).toBeUndefined();
});

test('one made for a client has their key as names are made now, however it was named', () => {
  const naming = { kind: 'labelled', key: new Uint8Array(32) } as const;
  expect(clientKeyOf(made, `vnc_${ANA}`, undefined, { ...view, naming })).toBe(clientKey(ANA, naming));
});

test('a remembered one from the pool has the key of its client as names are made now', () => {
  const naming = { kind: 'hashed', key: new Uint8Array(32) } as const;
  expect(clientKeyOf({ ...pooled, naming: 'hashed' }, 'renamed', recordOf(), { ...view, naming })).toBe(clientKey(ANA, naming));
});

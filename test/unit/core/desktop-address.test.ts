import { expect, test } from 'vitest';
import { addressOf } from '../../../src/core/desktop-address.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createTestDesktops, LOCAL_GATEWAY } from '../../support/test-desktops.ts';
import { desktopSeen } from '../../support/test-lives.ts';

const { desktops } = createTestDesktops();
const behind = { ...desktops, gateway: LOCAL_GATEWAY };
const id = 'bcdfghjkmnpq' as DesktopId;
const portless = desktopSeen('ready', { id });
const published = desktopSeen('ready', { id, hostPort: 5003 });

test.each([
  ['a gateway answers', behind, published, false, 'http://127.0.0.1:8080/d/bcdfghjkmnpq/'],
  ['a gateway answers, and it is stopped', behind, desktopSeen('stopped', { id }), false, 'http://127.0.0.1:8080/d/bcdfghjkmnpq/'],
  ['a gateway answers at a host of its own for each', { ...desktops, gateway: { scheme: 'https', name: '{id}.example.org', port: '', prefix: '' } }, published, false, 'https://bcdfghjkmnpq.example.org/'],
  ['its own port was asked for', behind, published, true, 'http://localhost:5003/vnc.html'],
  ['its own port was asked for, and it has none', behind, portless, true, undefined],
  ['no gateway answers', desktops, published, false, 'http://localhost:5003/vnc.html'],
  ['no gateway answers, and it has no port', desktops, portless, false, undefined],
  ['it is lost', behind, desktopSeen('lost', { id, hostPort: 5003 }), false, undefined],
] as const)('its address where %s', (_, seenBy, desktop, askedDirect, address) => expect(addressOf(seenBy, desktop, askedDirect)).toBe(address));

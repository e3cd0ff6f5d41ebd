import { expect, test } from 'vitest';
import { addressOf, gatewayOrigin } from '../../../src/core/desktop-address.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { createTestDesktops } from '../../support/test-desktops.ts';
import { desktopSeen } from '../../support/test-lives.ts';

const { desktops } = createTestDesktops();
const behind = { ...desktops, gateway: 'http://127.0.0.1:8080' };
const id = 'bcdfghjkmnpq' as DesktopId;
const portless = desktopSeen('ready', { id });
const published = desktopSeen('ready', { id, hostPort: 5003 });

test.each([
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['[::1]:9000', 'http://[::1]:9000'],
  ['0.0.0.0:80', 'http://screens.example.org:80'],
  ['[::]:80', 'http://screens.example.org:80'],
])('a gateway that answers at %s is found at %s', (address, origin) => expect(gatewayOrigin(address, 'screens.example.org')).toBe(origin));

test.each([
  ['a gateway answers', behind, published, false, 'http://127.0.0.1:8080/d/bcdfghjkmnpq/'],
  ['a gateway answers, and it is stopped', behind, desktopSeen('stopped', { id }), false, 'http://127.0.0.1:8080/d/bcdfghjkmnpq/'],
  ['its own port was asked for', behind, published, true, 'http://localhost:5003/vnc.html'],
  ['its own port was asked for, and it has none', behind, portless, true, undefined],
  ['no gateway answers', desktops, published, false, 'http://localhost:5003/vnc.html'],
  ['no gateway answers, and it has no port', desktops, portless, false, undefined],
  ['it is lost', behind, desktopSeen('lost', { id, hostPort: 5003 }), false, undefined],
] as const)('its address where %s', (_, seenBy, desktop, askedDirect, address) => expect(addressOf(seenBy, desktop, askedDirect)).toBe(address));

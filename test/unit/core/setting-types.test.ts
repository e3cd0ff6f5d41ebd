import { expect, test } from 'vitest';
import { bytes, duration, flag, hostName, imageCounts, integer, ipAddress, limit, listenAddress, subnet, wait, webAddress } from '../../../src/core/setting-types.ts';

test('a subnet has an address, a length and no host bits', () => {
  for (const right of ['172.30.0.0/16', '10.0.0.0/8', '192.168.1.128/25', '0.0.0.0/0', 'fd00::/64']) expect(subnet.read(right)).toBe(right);
  for (const wrong of ['172.30.0.1/16', '172.30.0.0', '172.30.0.0/33', '300.0.0.0/8', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/']) expect(subnet.read(wrong)).toBeUndefined();
});

test('a host is a name or an address, with localhost kept', () => {
  for (const right of ['localhost', 'desk.example.org', '127.0.0.1', '::1']) expect(hostName.read(right)).toBe(right);
  for (const wrong of ['http://x', 'a b', '-x', 'x:80', 'a..b', '']) expect(hostName.read(wrong)).toBeUndefined();
});

test('an address to publish on is an IP address', () => {
  expect(ipAddress.read('0.0.0.0')).toBe('0.0.0.0');
  expect(ipAddress.read('localhost')).toBeUndefined();
});

test('a page is on the web: no file and no script', () => {
  for (const right of ['https://example.org', 'http://127.0.0.1:8000/a?b#c', 'about:blank']) expect(webAddress.read(right)).toBe(right);
  for (const wrong of ['file:///etc/passwd', 'javascript:alert(1)', 'example.org', 'https://a b', 'https://']) expect(webAddress.read(wrong)).toBeUndefined();
});

test('yes and no have their usual spellings', () => {
  for (const yes of ['true', 'Yes', '1', 'on']) expect(flag.read(yes)).toBe(true);
  for (const no of ['false', 'no', '0', 'OFF']) expect(flag.read(no)).toBe(false);
  expect(flag.read('maybe')).toBeUndefined();
});

test('whole numbers keep to their bounds', () => {
  const type = integer(16, 100);
  expect([type.read('16'), type.read('100')]).toEqual([16, 100]);
  for (const wrong of ['15', '101', '1e2', '20.0', '-20', '0x20', '']) expect(type.read(wrong)).toBeUndefined();
});

test('a deadline of nothing is refused', () => {
  expect(duration.read('0s')).toBeUndefined();
  expect(duration.read('15s')).toBe(15_000);
});

test('a limit is a length of time or none, and is spelled as it is read', () => {
  expect(['1h30m', '0', 'OFF', 'never'].map(limit.read)).toEqual([5_400_000, 'never', 'never', 'never']);
  for (const wrong of ['15', '-1m', 'soon', '']) expect(limit.read(wrong)).toBeUndefined();
  for (const typed of ['1h30m', 'never']) expect(limit.spell(limit.read(typed) ?? 'never')).toBe(typed);
});

test('something is waited for or not at all, and nothing is waited for without end', () => {
  expect(['30s', '0', 'OFF'].map(wait.read)).toEqual([30_000, 'off', 'off']);
  for (const wrong of ['never', '30', '-1m', '']) expect(wait.read(wrong)).toBeUndefined();
  for (const typed of ['30s', 'off']) expect(wait.spell(wait.read(typed) ?? 'off')).toBe(typed);
});

test('bytes are a size, or off', () => {
  expect(['256m', 'Off'].map(bytes.read)).toEqual([256 * 1024 ** 2, 'off']);
  for (const wrong of ['0', '-1m', 'much', '']) expect(bytes.read(wrong)).toBeUndefined();
  for (const typed of ['256m', '1.5g', 'off']) expect(bytes.spell(bytes.read(typed) ?? 'off')).toBe(typed);
});

test('an address to listen on is a port of this host, a host and a port, or off', () => {
  expect(listenAddress.read('8080')).toEqual({ host: '127.0.0.1', port: 8080 });
  expect(listenAddress.read(':8080')).toEqual({ host: '127.0.0.1', port: 8080 });
  expect(listenAddress.read('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 });
  expect(listenAddress.read('[::1]:8080')).toEqual({ host: '::1', port: 8080 });
  expect(listenAddress.read('OFF')).toBe('off');
  for (const wrong of ['', 'x:80', '127.0.0.1', '65536', '::1:80']) expect(listenAddress.read(wrong)).toBeUndefined();
  for (const typed of ['[::1]:8080', '127.0.0.1:80', 'off']) expect(listenAddress.spell(listenAddress.read(typed) ?? 'off')).toBe(typed);
});

test('counts of images are a number for the default one, or images with numbers', () => {
  expect(imageCounts.read('3')).toEqual([{ image: undefined, count: 3 }]);
  expect(imageCounts.read('firefox-kiosk=3, desktop=1')).toEqual([{ image: 'firefox-kiosk', count: 3 }, { image: 'desktop', count: 1 }]);
  expect(imageCounts.read('registry.example/x:1=2')).toEqual([{ image: 'registry.example/x:1', count: 2 }]);
  for (const none of ['0', 'off', 'desktop=0']) expect(imageCounts.read(none)).toEqual([]);
  for (const wrong of ['', '-1', 'x', 'x=', '=3', '101', 'a=1,a=2', '1,2', 'a=1,']) expect(imageCounts.read(wrong)).toBeUndefined();
  for (const text of ['3', 'firefox-kiosk=3,desktop=1']) expect(imageCounts.spell(imageCounts.read(text) ?? [])).toBe(text);
  expect(imageCounts.spell([])).toBe('off');
});

// From what dockerode, the socket and the engines say to the codes that vncctl promises; the words are those of real engines.
import { expect, test } from 'vitest';
import { engineError, isNameTaken, isNetworkMissing, isPortTaken, statusOf, wordsOf } from '../../../../src/engine/docker/errors.ts';
import { VncctlError } from '../../../../src/errors.ts';

const http = (statusCode: number, message: string): Error => Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message}`), { statusCode, json: { message } });
const socket = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

test.each([
  ['ENOENT', 'ENGINE_UNREACHABLE'],
  ['ECONNREFUSED', 'ENGINE_UNREACHABLE'],
  ['ECONNRESET', 'ENGINE_UNREACHABLE'],
  ['EHOSTUNREACH', 'ENGINE_UNREACHABLE'],
  ['ENOTFOUND', 'ENGINE_UNREACHABLE'],
  ['EACCES', 'ENGINE_DENIED'],
  ['EPERM', 'ENGINE_DENIED'],
])('%s on the socket is %s, names the address and says what to type', (code, expected) => {
  const failure = engineError(socket(code), 'list the containers', 'unix:///x.sock');
  expect(failure).toMatchObject({ code: expected, kind: 'engine', hint: expect.any(String) as string });
  expect(failure.message).toMatch(/could not list the containers: .*unix:\/\/\/x\.sock/);
  expect(failure.cause).toBeInstanceOf(Error);
});

test.each([
  ['Docker', http(409, 'Conflict. The container name "/vnc_1" is already in use by container "abc". You have to remove (or rename) that container to be able to reuse that name.')],
  ['Podman', http(500, 'creating container storage: the container name "vnc_1" is already in use by 0a1b. You have to remove that container to be able to reuse that name: that name is already in use')],
])("%s's words for a name in use are NAME_TAKEN", (_, error) => {
  expect(isNameTaken(error)).toBe(true);
  expect(engineError(error, 'create', 'x').code).toBe('NAME_TAKEN');
});

test.each([
  'driver failed programming external connectivity on endpoint vnc_1: Bind for 127.0.0.1:5000 failed: port is already allocated',
  'driver failed programming external connectivity on endpoint vnc_1: Error starting userland proxy: listen tcp4 127.0.0.1:5000: bind: address already in use',
  'failed to set up container networking: failed to bind host port 127.0.0.1:5000/tcp: address already in use',
  'Ports are not available: exposing port TCP 127.0.0.1:5000 -> 0.0.0.0:0: listen tcp 127.0.0.1:5000: bind: address already in use',
  'cannot listen on the TCP port: listen tcp4 127.0.0.1:5608: bind: address already in use',
  'rootlessport listen tcp 127.0.0.1:5000: bind: address already in use',
])('%s: NO_FREE_PORT', (words) => {
  const error = http(500, words);
  expect(isPortTaken(error)).toBe(true);
  expect(isNameTaken(error)).toBe(false);
  expect(engineError(error, 'start', 'x').code).toBe('NO_FREE_PORT');
});

test("anything else is ENGINE_FAILED in the engine's own words", () => {
  const failure = engineError(http(400, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'), 'create vnc_1', 'x');
  expect(failure).toMatchObject({ code: 'ENGINE_FAILED', message: 'could not create vnc_1: Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available' });
});

test('what is known already is passed on untouched', () => {
  const known = new VncctlError('IMAGE_NOT_FOUND', 'no');
  expect(engineError(known, 'x', 'y')).toBe(known);
});

test("an answer is told from a broken connection, and dockerode's dressing is taken off", () => {
  expect(statusOf(http(404, 'no'))).toBe(404);
  expect(statusOf(socket('ENOENT'))).toBeUndefined();
  expect(wordsOf(new Error('(HTTP code 500) server error - invalid reference format '))).toBe('invalid reference format');
  expect(wordsOf('just text')).toBe('just text');
});

test.each([
  ['Docker', http(404, 'network abc not found')],
  ['Podman', http(500, 'container create: unable to find network with name or ID vncctl: network not found')],
])("%s's words for a network that is not there", (_, error) => {
  expect(isNetworkMissing(error)).toBe(true);
});

test('an image or container that is not there is not taken for a network', () => {
  expect(isNetworkMissing(http(404, 'No such image: vncctl/kiosk:latest'))).toBe(false);
  expect(isNetworkMissing(http(404, 'No such container: vnc_1'))).toBe(false);
});

test('a Podman without its init program says what to install', () => {
  const failure = engineError(http(500, 'container create: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory'), 'create vnc_1', 'x');
  expect(failure).toMatchObject({ code: 'ENGINE_FAILED', hint: expect.stringContaining('install catatonit') as string });
});

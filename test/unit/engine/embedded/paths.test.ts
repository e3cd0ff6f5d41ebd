import { expect, test } from 'vitest';
import { embeddedPaths } from '../../../../src/engine/embedded/paths.ts';

test('everything is below the state folder, and the bridge name fits an interface', () => {
  const paths = embeddedPaths('/root/.local/state/vncctl');
  for (const path of [paths.data, paths.exec, paths.socket, paths.pidFile, paths.log, paths.configFile, paths.rangesFile]) {
    expect(path.startsWith('/root/.local/state/vncctl/engine/')).toBe(true);
  }
  expect(paths.bridge).toMatch(/^vnc[0-9a-f]{10}$/);
  expect(paths.bridge.length).toBeLessThanOrEqual(15);
});

test('two state folders share no name', () => {
  const [one, other] = [embeddedPaths('/a'), embeddedPaths('/b')];
  expect(one.bridge).not.toBe(other.bridge);
  expect(one.containerdNamespace).not.toBe(other.containerdNamespace);
});

test('a path too long for a Unix socket moves sockets to /run and keeps the data', () => {
  const paths = embeddedPaths(`/${'x'.repeat(120)}`);
  expect(paths.data.startsWith('/xxx')).toBe(true);
  expect(paths.socket).toMatch(/^\/run\/vncctl-[0-9a-f]{10}\/docker\.sock$/);
  expect(paths.containerdPidFile.startsWith('/run/')).toBe(true);
});

test('every socket below the exec root fits at any length of the state folder', () => {
  for (let length = 1; length < 120; length++) {
    const { exec, socket } = embeddedPaths(`/${'x'.repeat(length)}`);
    for (const path of [socket, `${exec}/containerd/containerd.sock.ttrpc`, `${exec}/containerd/containerd-debug.sock`]) {
      expect(path.length).toBeLessThanOrEqual(107);
    }
  }
});

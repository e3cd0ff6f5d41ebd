import { describe, expect, test } from 'vitest';
import { embeddedPaths } from '../../../../src/engine/embedded/paths.ts';
import { findForeignDaemon, findLeftovers, findOurDaemon, isOurDaemon, isStalePid } from '../../../../src/engine/embedded/processes.ts';
import type { ProcessInfo } from '../../../../src/engine/embedded/system.ts';

const paths = embeddedPaths('/state');
const process = (pid: number, argv: string[], parent = 1, networkNamespace = 'net:[1]'): ProcessInfo => ({ pid, parent, argv, networkNamespace });
const ours = process(100, ['/usr/sbin/dockerd', '--data-root', paths.data, '-H', `unix://${paths.socket}`]);
const foreign = process(50, ['/usr/bin/dockerd', '--data-root=/var/lib/docker', '-H', 'fd://', '--host=tcp://127.0.0.1:2375']);
const isOurs = (candidate: ProcessInfo): boolean => isOurDaemon(candidate, paths);

describe('our dockerd', () => {
  test('is known by its program and its data folder', () => {
    expect(findOurDaemon([foreign, ours], paths)).toBe(ours);
    expect(isOurs(process(1, ['dockerd', `--data-root=${paths.data}`]))).toBe(true);
  });
  test('is not a program that merely names the folder, nor another dockerd, nor a zombie', () => {
    expect(isOurs(process(1, ['tail', '--data-root', paths.data]))).toBe(false);
    expect(isOurs(process(1, ['dockerd', '--data-root', `${paths.data}2`]))).toBe(false);
    expect(isOurs(foreign)).toBe(false);
    expect(isOurs(process(1, []))).toBe(false);
  });
});

describe('a pid file', () => {
  test('is stale when nobody or a stranger has the number', () => {
    expect(isStalePid('100\n', [foreign], isOurs)).toBe(true);
    expect(isStalePid('100', [process(100, ['vim', 'x'])], isOurs)).toBe(true);
    expect(isStalePid('', [ours], isOurs)).toBe(true);
    expect(isStalePid('rubbish', [ours], isOurs)).toBe(true);
  });
  test('is not stale while our dockerd has it, nor when there is none', () => {
    expect(isStalePid('100\n', [ours], isOurs)).toBe(false);
    expect(isStalePid(undefined, [], isOurs)).toBe(false);
  });
});

describe('what a killed dockerd leaves', () => {
  test('is its containerd, its shims and all below them, children first', () => {
    const shim = process(200, ['/usr/bin/containerd-shim-runc-v2', '-namespace', paths.containerdNamespace, '-address', '/x']);
    const tree = [
      process(150, ['containerd', '--config', `${paths.exec}/containerd/containerd.toml`]),
      shim,
      process(201, ['tini', '--', 'firefox'], 200),
      process(202, ['firefox'], 201),
      process(300, ['containerd-shim-runc-v2', '-namespace', 'moby', '-address', '/var/run/other/containerd.sock']),
      process(301, ['postgres'], 300),
      process(400, ['less', `${paths.exec}/containerd/containerd.toml`]),
    ];
    expect(findLeftovers(tree, paths).map((found) => found.pid)).toEqual([150, 202, 201, 200]);
  });
});

describe('another engine', () => {
  test('in the same network is found with the address it listens on', () => {
    expect(findForeignDaemon([ours, foreign], paths, 'net:[1]')).toEqual({ pid: 50, address: 'tcp://127.0.0.1:2375' });
    expect(findForeignDaemon([process(9, ['dockerd', '-H', 'fd://'])], paths, 'net:[1]')).toEqual({ pid: 9, address: 'unix:///var/run/docker.sock' });
  });
  test('in another network does not matter, and ours is none', () => {
    expect(findForeignDaemon([ours, { ...foreign, networkNamespace: 'net:[2]' }], paths, 'net:[1]')).toBeUndefined();
  });
});

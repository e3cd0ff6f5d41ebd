import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installPackages } from '../../../../src/engine/embedded/install.ts';
import type { RunProgram } from '../../../../src/core/run-program.ts';

let folder = '';
let policy = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vncctl-install-'));
  policy = join(folder, 'policy-rc.d');
});
afterEach(() => rmSync(folder, { recursive: true }));

const apt = (fails: (args: readonly string[]) => boolean, seen: string[] = []): RunProgram => async (file, args, options) => {
  seen.push(`${file} ${args.slice(3).join(' ')} policy=${existsSync(policy) ? readFileSync(policy, 'utf8').split('\n').at(-2) : 'none'} ${options?.env?.['DEBIAN_FRONTEND']}`);
  if (!fails(args)) return { exitCode: 0, stdout: '', stderr: '' };
  options?.onLine?.('E: Unable to locate package');
  return { exitCode: 100, stdout: '', stderr: '' };
};

test('no service starts during an installation, and the policy is gone after it', async () => {
  const seen: string[] = [];
  await installPackages(apt(() => false, seen), ['docker.io'], () => undefined, policy);
  expect(seen).toEqual(['apt-get update policy=exit 101 noninteractive', 'apt-get install -y --no-install-recommends docker.io policy=exit 101 noninteractive']);
  expect(existsSync(policy)).toBe(false);
});
test('the policy is gone after a failure, which shows what apt said', async () => {
  const failing = installPackages(apt((args) => args.includes('install')), ['docker.io'], () => undefined, policy);
  await expect(failing).rejects.toMatchObject({ code: 'ENGINE_MISSING', message: expect.stringContaining('Unable to locate'), hint: expect.stringContaining('apt-get install') });
  expect(existsSync(policy)).toBe(false);
});
test("somebody else's policy stays as it is", async () => {
  writeFileSync(policy, '#!/bin/sh\nexit 0\n');
  await installPackages(apt(() => false), ['docker.io'], () => undefined, policy);
  expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
});
test('one of ours that a killed installation left is taken away', async () => {
  const interrupted = new Promise<void>((resolve) => void installPackages(async () => { resolve(); return new Promise(() => undefined); }, ['docker.io'], () => undefined, policy));
  await interrupted;
  expect(existsSync(policy)).toBe(true);
  await installPackages(apt(() => false), ['docker.io'], () => undefined, policy);
  expect(existsSync(policy)).toBe(false);
});
test('lists that can not be renewed do not stop an installation that works', async () => {
  await expect(installPackages(apt((args) => args.includes('update')), ['docker.io'], () => undefined, policy)).resolves.toBeUndefined();
});

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface Packages {
  supportsNode(version: string): boolean;
  packagesMatch(root: string): boolean;
  ensurePackages(root: string, install: (root: string) => Promise<number>, say: (line: string) => void): Promise<number>;
}

const file = new URL('../../../bin/packages.js', import.meta.url);
const { supportsNode, packagesMatch, ensurePackages }: Packages = await import(file.href);

let root = '';
let installs = 0;
const said: string[] = [];
const say = (line: string): void => void said.push(line);
const install = async (folder: string): Promise<number> => {
  installs++;
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}');
  return 0;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vncctl-packages-'));
  writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
  installs = 0;
  said.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

describe('packages', () => {
  test('are installed once, with a line that says so, and then found to be there in silence', async () => {
    expect(await ensurePackages(root, install, say)).toBe(0);
    expect(said).toHaveLength(1);
    expect(await ensurePackages(root, install, say)).toBe(0);
    expect(installs).toBe(1);
    expect(said).toHaveLength(1);
  });
  test('are installed again when the lock file changed', async () => {
    await ensurePackages(root, install, say);
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3,"x":1}');
    expect(packagesMatch(root)).toBe(false);
    await ensurePackages(root, install, say);
    expect(installs).toBe(2);
  });
  test('are installed again when the folder was removed or never finished', async () => {
    await ensurePackages(root, install, say);
    rmSync(join(root, 'node_modules'), { recursive: true });
    expect(packagesMatch(root)).toBe(false);
    await ensurePackages(root, install, say);
    rmSync(join(root, 'node_modules/.package-lock.json'));
    expect(packagesMatch(root)).toBe(false);
  });
  test('are not taken for installed after a failure, whose exit code and hint are passed on', async () => {
    expect(await ensurePackages(root, async () => 7, say)).toBe(7);
    expect(said.join('\n')).toContain('hint:');
    expect(packagesMatch(root)).toBe(false);
  });
});

describe('Node', () => {
  test.each([['20.19.0', true], ['22.0.0', true], ['24.1.0', true], ['20.18.3', false], ['18.20.0', false], ['9.0.0', false]] as const)('%s is supported: %s', (version, expected) => {
    expect(supportsNode(version)).toBe(expected);
  });
  test('of old reads the file as far as the message', () => {
    const text = readFileSync(file, 'utf8');
    expect(existsSync(file)).toBe(true);
    expect(text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')).not.toMatch(/\?\?|\?\.|from 'node:|^await /m);
  });
});

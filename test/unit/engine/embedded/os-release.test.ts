import { describe, expect, test } from 'vitest';
import { decideInstall, isDebianLike, systemIds } from '../../../../src/engine/embedded/os-release.ts';

const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n';
const linux = { platform: 'linux' as const, uid: 0 };

describe('os-release', () => {
  test('ids come with and without quotes, ID before ID_LIKE, and VERSION_ID is none', () => {
    expect(systemIds('VERSION_ID="22"\nID_LIKE="ubuntu debian"\nID=linuxmint\n')).toEqual(['linuxmint', 'ubuntu', 'debian']);
    expect(systemIds("ID='Fedora'")).toEqual(['fedora']);
    expect(systemIds('')).toEqual([]);
  });
  test.each([
    [debian, true],
    ['ID=ubuntu\nID_LIKE=debian', true],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', true],
    ['ID=fedora', false],
    ['ID=debianesque', false],
  ])('%j is Debian-like: %s', (text, expected) => {
    expect(isDebianLike(text)).toBe(expected);
  });
});

describe('a system without dockerd', () => {
  test('gets it installed on Debian and its kin as root', () => {
    expect(decideInstall({ ...linux, osRelease: debian })).toEqual({ kind: 'install', packages: ['docker.io', 'iptables', 'iproute2'] });
  });
  test('is told the command with sudo when we are not root', () => {
    expect(decideInstall({ ...linux, uid: 1000, osRelease: debian })).toMatchObject({ kind: 'refuse', hint: expect.stringContaining('sudo apt-get install -y docker.io') });
  });
  test.each([
    ['ID=fedora', 'dnf install'],
    ['ID=rocky\nID_LIKE="rhel centos fedora"', 'dnf install'],
    ['ID=arch', 'pacman -S'],
    ['ID=alpine', 'apk add docker'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', 'zypper install'],
  ])('is told the command of its own package manager: %j', (osRelease, command) => {
    const decision = decideInstall({ ...linux, osRelease });
    expect(decision).toMatchObject({ kind: 'refuse', hint: expect.stringContaining(command) });
  });
  test('sudo stands before each part of a command', () => {
    const decision = decideInstall({ ...linux, uid: 1000, osRelease: 'ID=arch' });
    expect(decision).toMatchObject({ hint: expect.stringMatching(/sudo pacman .* && sudo systemctl/) });
  });
  test('that is unknown still gets a way to go', () => {
    expect(decideInstall({ ...linux, osRelease: '' })).toMatchObject({ kind: 'refuse', hint: expect.stringContaining('Docker or Podman') });
  });
  test.each(['darwin', 'win32'] as const)('installs nothing on %s', (platform) => {
    expect(decideInstall({ platform, uid: 0, osRelease: debian }).kind).toBe('refuse');
  });
});

// What to do where no dockerd is installed: install it, or say how. Decides only; install.ts acts.

/** Packages that make a Debian system able to run the embedded engine. */
export const ENGINE_PACKAGES: readonly string[] = ['docker.io', 'iptables', 'iproute2'];

export type InstallDecision = { kind: 'install'; packages: readonly string[] } | { kind: 'refuse'; because: string; hint: string };

/** The ids a system goes by (ID first, then ID_LIKE), from the text of /etc/os-release. */
export function systemIds(osRelease: string): string[] {
  const value = (key: string): string => {
    const line = osRelease.split('\n').find((candidate) => candidate.trim().startsWith(`${key}=`));
    return (line ?? '').trim().slice(key.length + 1).replace(/^(["'])(.*)\1$/, '$2');
  };
  return [value('ID'), ...value('ID_LIKE').split(/\s+/)].map((id) => id.toLowerCase()).filter((id) => id !== '');
}

/** Whether packages can be installed with apt here: Debian, Ubuntu and what derives from them. */
export function isDebianLike(osRelease: string): boolean {
  return systemIds(osRelease).some((id) => id === 'debian' || id === 'ubuntu');
}

const COMMANDS: readonly [string, string][] = [
  ['fedora', 'dnf install -y moby-engine && systemctl start docker'],
  ['rhel', 'dnf install -y podman && systemctl start podman.socket'],
  ['centos', 'dnf install -y podman && systemctl start podman.socket'],
  ['arch', 'pacman -S --noconfirm docker && systemctl start docker'],
  ['alpine', 'apk add docker && service docker start'],
  ['suse', 'zypper install -y docker && systemctl start docker'],
  ['opensuse', 'zypper install -y docker && systemctl start docker'],
];

/** Decides how an engine gets onto a system that has none. */
export function decideInstall(system: { platform: NodeJS.Platform; uid: number | undefined; osRelease: string }): InstallDecision {
  const { platform, uid, osRelease } = system;
  if (platform !== 'linux') {
    const hint = platform === 'darwin' ? 'brew install colima docker && colima start' : 'winget install Docker.DockerDesktop, then start it';
    return { kind: 'refuse', because: 'the embedded engine needs Linux', hint: `install an engine with: ${hint}` };
  }
  const prefix = uid === 0 ? '' : 'sudo ';
  const command = (text: string): string => text.split(' && ').map((part) => `${prefix}${part}`).join(' && ');
  if (isDebianLike(osRelease)) {
    if (uid === 0) return { kind: 'install', packages: ENGINE_PACKAGES };
    return { kind: 'refuse', because: 'installing one needs root', hint: `install an engine with: ${command(`apt-get install -y ${ENGINE_PACKAGES.join(' ')}`)}` };
  }
  const ids = systemIds(osRelease);
  const known = COMMANDS.find(([id]) => ids.includes(id));
  const name = ids[0] ?? 'this system';
  return {
    kind: 'refuse',
    because: `only Debian and Ubuntu get one installed by itself, and this is ${name}`,
    hint: known === undefined ? 'install Docker or Podman with the package manager of your system and start it' : `install an engine with: ${command(known[1])}`,
  };
}

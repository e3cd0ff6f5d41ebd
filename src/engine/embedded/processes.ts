// Which processes are the embedded engine's: judged by what runs under a pid, never by the number alone, since numbers
// come round again. Decides only; ending them is stop.ts.
import type { EmbeddedPaths } from './paths.ts';
import type { ProcessInfo } from './system.ts';

/** Whether a process is the dockerd of these paths: by its name and the data folder it was given. */
export function isOurDaemon(process: ProcessInfo, paths: EmbeddedPaths): boolean {
  return programName(process) === 'dockerd' && optionValues(process.argv, '--data-root').includes(paths.data);
}

/** Whether a process is the containerd that our dockerd starts for itself. */
export function isOurContainerd(process: ProcessInfo, paths: EmbeddedPaths): boolean {
  return programName(process) === 'containerd' && process.argv.some((word) => word.startsWith(`${paths.exec}/`));
}

/** The running dockerd of these paths; the pid file's word is not needed for that. */
export function findOurDaemon(processes: readonly ProcessInfo[], paths: EmbeddedPaths): ProcessInfo | undefined {
  return processes.find((process) => isOurDaemon(process, paths));
}

/** Whether the pid in a pid file is no longer what wrote it. `text` is the file's content, undefined when there is none. */
export function isStalePid(text: string | undefined, processes: readonly ProcessInfo[], isOurs: (process: ProcessInfo) => boolean): boolean {
  if (text === undefined) return false;
  const pid = Number(text.trim());
  return !processes.some((process) => process.pid === pid && isOurs(process));
}

/** What a killed dockerd leaves running: its containerd, its shims, and everything below a shim. Children come before their parents. */
export function findLeftovers(processes: readonly ProcessInfo[], paths: EmbeddedPaths): ProcessInfo[] {
  const roots = processes.filter((process) => {
    const name = programName(process);
    const mentionsUs = process.argv.some((word) => word.startsWith(`${paths.exec}/`) || word === paths.containerdNamespace);
    return mentionsUs && (name === 'containerd' || name.startsWith('containerd-shim') || name === 'docker-proxy');
  });
  const found: ProcessInfo[] = [];
  const visit = (process: ProcessInfo): void => {
    if (found.includes(process)) return;
    for (const child of processes) if (child.parent === process.pid) visit(child);
    found.push(process);
  };
  for (const root of roots) visit(root);
  return found;
}

/** Another Docker engine whose firewall rules a start of ours would reset: it shares our network namespace. `address` is where it listens, if it says so. */
export function findForeignDaemon(processes: readonly ProcessInfo[], paths: EmbeddedPaths, networkNamespace: string): { pid: number; address: string } | undefined {
  const found = processes.find(
    (process) => programName(process) === 'dockerd' && !isOurDaemon(process, paths) && process.networkNamespace === networkNamespace,
  );
  if (found === undefined) return undefined;
  const host = [...optionValues(found.argv, '-H'), ...optionValues(found.argv, '--host')].find((value) => /^(unix|tcp):/.test(value));
  return { pid: found.pid, address: host ?? 'unix:///var/run/docker.sock' };
}

function programName(process: ProcessInfo): string {
  return (process.argv[0] ?? '').split('/').at(-1) ?? '';
}

function optionValues(argv: readonly string[], name: string): string[] {
  return argv.flatMap((word, index) => {
    if (word.startsWith(`${name}=`)) return [word.slice(name.length + 1)];
    const next = argv[index + 1];
    return word === name && next !== undefined ? [next] : [];
  });
}

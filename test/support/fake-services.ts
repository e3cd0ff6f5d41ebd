// A machine with systemd in memory: unit files, the calls of systemctl, and the folders that were made.
import type { ServiceParts } from '../../src/app/services.ts';
import { VncctlError } from '../../src/errors.ts';

export interface FakeServices {
  parts: ServiceParts;
  /** Unit files by path. */
  files: Map<string, string>;
  /** Calls of systemctl and changes of files, in order. */
  log: string[];
  /** Folders that were made, and by whom. */
  folders: { folder: string; user: string | undefined }[];
  /** Makes every systemctl call of that verb fail. */
  failing: Map<string, string>;
}

export interface FakeServicesOptions {
  uid?: number;
  systemdRuns?: boolean;
  platform?: NodeJS.Platform;
  /** Home of each other account. */
  accounts?: Readonly<Record<string, string>>;
}

/** Root on a machine that systemd runs, unless said otherwise. */
export function fakeServices({ uid = 0, systemdRuns = true, platform = 'linux', accounts = {} }: FakeServicesOptions = {}): FakeServices {
  const files = new Map<string, string>();
  const log: string[] = [];
  const folders: FakeServices['folders'] = [];
  const failing = new Map<string, string>();
  return {
    files,
    log,
    folders,
    failing,
    parts: {
      platform,
      uid,
      unitPath: (scope, name) => `/${scope}/${name}`,
      readUnit: (path) => files.get(path),
      writeUnit(path, text) {
        log.push(`write ${path}`);
        files.set(path, text);
      },
      removeUnit(path) {
        log.push(`remove ${path}`);
        files.delete(path);
      },
      async makeFolders(made, user) {
        folders.push(...made.map((folder) => ({ folder, user })));
      },
      systemdRuns: () => systemdRuns,
      async systemctl(args) {
        log.push(`systemctl ${args.join(' ')}`);
        const stderr = args.map((word) => failing.get(word)).find((words) => words !== undefined);
        return stderr === undefined ? { exitCode: 0, stderr: '' } : { exitCode: 1, stderr };
      },
      async account(name) {
        const home = accounts[name];
        if (home === undefined) throw new VncctlError('USAGE', `there is no user "${name}"`);
        return { name, uid: 1000, home };
      },
    },
  };
}

// Every way to a desktop and to be rid of one that a daemon has: the command line, the API and the older systems' addresses.
import type { Finished, Installation } from './cli.ts';
import type { TestDaemon } from './daemons.ts';

/** What came of one request or command. */
export interface WayAnswer {
  /** Which way it was. */
  by: string;
  /** HTTP's, or what it would be for the exit code of a command. */
  status: number;
  /** Id of the desktop that was given. */
  desktop?: string | undefined;
  /** What that took, where it is told. */
  outcome?: string | undefined;
  text: string;
}

/** Asks for a client, by their digits. */
export type Way = (client: string) => Promise<WayAnswer>;

export interface Ways {
  giving: readonly Way[];
  taking: readonly Way[];
  /** `up` by a process that does not leave it to the daemon. */
  upAlone: Way;
  pause: Way;
  /** What is answered at a path, read as JSON. */
  json<T>(path: string): Promise<T>;
  /** The sum of the samples of `/metrics` of this name that have these labels. */
  figures(): Promise<(name: string, labels?: Readonly<Record<string, string>>) => number>;
}

/** As people write it. */
export const written = (client: string): string => client.replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4');

/** Those to a daemon with all dialects that asks for no token, and takes the image of the tests for its own. */
export async function waysTo(daemon: TestDaemon, { vncctl, vncctlWith, containers }: Pick<Installation, 'vncctl' | 'vncctlWith' | 'containers'>): Promise<Ways> {
  const { message } = await daemon.line({ message: /^answering at / });
  const place = message.replace('answering at ', 'http://');
  const ask = async (by: string, path: string, method = 'GET', body?: object): Promise<WayAnswer> => {
    // A connection that rests may be closed at the very moment that it is used again.
    const headers = { connection: 'close', ...(body ? { 'content-type': 'application/json' } : {}) };
    const response = await fetch(`${place}${path}`, { redirect: 'manual', method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    return { by, status: response.status, text: response.headers.get('location') ?? (await response.text()) };
  };
  const typed = async (by: string, command: Promise<Finished>): Promise<WayAnswer> => {
    const { exitCode, stdout, stderr } = await command;
    return { by, status: exitCode === 0 ? 200 : exitCode === 3 ? 404 : 500, text: exitCode === 0 ? stdout : stderr };
  };
  const finding = (id: RegExp, way: Way): Way => async (client) => {
    const answer = await way(client);
    return { ...answer, desktop: id.exec(answer.text)?.[1], outcome: /"outcome": ?"(\w+)"/.exec(answer.text)?.[1] };
  };
  const inJson = /"id": ?"([^"]+)"/;
  return {
    giving: [
      finding(inJson, (client) => typed('up', vncctl('up', client, '--json'))),
      finding(inJson, (client) => ask('POST desktops', '/api/v1/desktops', 'POST', { client: written(client) })),
      finding(/\/d\/([^/]+)\//, (client) => ask('/access', `/access?id=${written(client)}`)),
      finding(/token=([^.]+)\./, (client) => ask('/api/vm/any', `/api/vm/any/${client}`, 'POST', {})),
      finding(inJson, (client) => ask('POST sessions', '/sessions', 'POST', { client, vnc: true })),
    ],
    taking: [
      (client) => typed('rm', vncctl('rm', client)),
      (client) => ask('DELETE desktops', `/api/v1/desktops/${written(client)}`, 'DELETE'),
      (client) => ask('/remove', `/remove?id=${written(client)}`),
      async (client) => {
        const session = (await containers()).find(({ Labels }) => Labels['io.vncctl.client'] === client)?.Labels['io.vncctl.desktop'];
        return ask('DELETE sessions', `/sessions/${session ?? 'none'}`, 'DELETE');
      },
    ],
    // It is asked for with a length that another origin gives.
    upAlone: finding(inJson, (client) => typed('up alone', vncctlWith({ VNCCTL_MAX_AGE: 'never' }, 'up', client, '--json'))),
    pause: (client) => ask('pause', `/api/v1/desktops/${client}/pause`, 'POST'),
    json: async <T>(path: string) => JSON.parse((await ask('GET', path)).text) as T,
    async figures() {
      const samples = (await ask('GET', '/metrics')).text.split('\n').flatMap((line) => {
        const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        return name === undefined ? [] : [{ name, labels: labels.split(','), value: Number(value) }];
      });
      return (name, labels = {}) => {
        const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
        return samples.filter((sample) => sample.name === name && wanted.every((label) => sample.labels.includes(label))).reduce((sum, { value }) => sum + value, 0);
      };
    },
  };
}

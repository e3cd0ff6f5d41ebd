// The Docker API spoken without src/engine, for tests that look behind vncctl's back or act there by hand.
import { type ClientRequest, request } from 'node:http';

/** A container as `GET /containers/json` shows it; only what tests read. */
export interface RawContainer {
  Id: string;
  Names: string[];
  State: string;
  Labels: Record<string, string>;
  Ports: { IP?: string; PrivatePort: number; PublicPort?: number }[];
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

export interface EngineApi {
  /** One call; rejects with the engine's words when its status isn't 2xx or 304. Resolves with the parsed body, or its text. */
  call<T = unknown>(method: string, path: string, body?: object | Buffer): Promise<T>;
  /** All containers of an instance, running or not. */
  containers(instance: string): Promise<RawContainer[]>;
  /** Runs a program in a container; resolves with its exit code and what it wrote to both streams. */
  exec(container: string, argv: readonly string[]): Promise<{ exitCode: number; output: string }>;
  /** Removes whatever containers and networks carry the instance's label. */
  removeInstance(instance: string): Promise<void>;
}

const byInstance = (instance: string): string => `filters=${encodeURIComponent(JSON.stringify({ label: [`io.vncctl.instance=${instance}`] }))}`;

/** The API at an address like unix:///var/run/docker.sock or tcp://127.0.0.1:2375. */
export function engineApi(address: string): EngineApi {
  const call = <T>(method: string, path: string, body?: object | Buffer): Promise<T> => callEngine(address, method, path, body) as Promise<T>;
  const containers = (instance: string): Promise<RawContainer[]> => call('GET', `/containers/json?all=1&${byInstance(instance)}`);
  return {
    call,
    containers,
    async exec(container, argv) {
      const { Id } = await call<{ Id: string }>('POST', `/containers/${container}/exec`, { Cmd: argv, AttachStdout: true, AttachStderr: true, Tty: true });
      const output = await call<unknown>('POST', `/exec/${Id}/start`, { Tty: true });
      const { ExitCode } = await call<{ ExitCode: number }>('GET', `/exec/${Id}/json`);
      return { exitCode: ExitCode, output: String(output) };
    },
    async removeInstance(instance) {
      await Promise.all((await containers(instance)).map(({ Id }) => call('DELETE', `/containers/${Id}?force=1&v=1`).catch(ignoreMissing)));
      const networks = await call<{ Id: string }[]>('GET', `/networks?${byInstance(instance)}`);
      await Promise.all(networks.map(({ Id }) => call('DELETE', `/networks/${Id}`).catch(ignoreMiscounted)));
    },
  };
}

/** How to dial an engine's address with node:http. */
export function dialOptions(address: string): { socketPath: string } | { host: string; port: number } {
  if (address.startsWith('unix://')) return { socketPath: address.slice('unix://'.length) };
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
}

function callEngine(address: string, method: string, path: string, body?: object | Buffer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const headers = payload === undefined ? {} : { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json', 'content-length': payload.length };
    const outgoing: ClientRequest = request({ ...dialOptions(address), method, path, headers: { host: 'docker', ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const status = response.statusCode ?? 0;
        if ((status >= 200 && status < 300) || status === 304) resolve(parsed(text));
        else reject(Object.assign(new Error(`${method} ${path}: ${status} ${text}`), { status }));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// Docker miscounts who is on a network now and then, when containers of it start and go at the same moment: until its own next start
// nobody can remove that network, though nothing is on it.
function ignoreMiscounted(error: Error & { status?: number }): void {
  if (error.status !== 403) ignoreMissing(error);
}

function ignoreMissing(error: Error & { status?: number }): void {
  if (error.status !== 404 && error.status !== 409) throw error;
}

// The gateway and its rivals as programs of their own, so that what each of them uses can be told from what the load does.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { type Carrier, compileRival, GCC } from './gateway-load.ts';
import type { NodeProgram } from './nodes.ts';
import { startProgram, type WatchedProgram } from './watched-program.ts';
import type { Workshop } from './workshop.ts';

const WEBSOCKIFY = '/usr/bin/websockify';
const NGINX = '/usr/sbin/nginx';
const NGINX_STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** As the tables name them; the first two are ours. */
export type BridgeName = 'vncctl' | 'the same without parsing' | 'websockify' | 'a minimal bridge in C' | 'nginx, raw TCP';

/** A bridge that runs. */
export interface Bridge {
  program: WatchedProgram;
  port: number;
  carrier: Carrier;
}

/** What starting one takes. */
export interface BridgePlace extends Pick<Workshop, 'home' | 'program' | 'env'> {
  node: NodeProgram;
  /** The port of this machine that the bridge leads to. */
  target: number;
}

/** The bridges that can be had here; says on stderr how to get those that can't. None without a compiler: the load is in C. */
export function findBridges(): ReadonlySet<BridgeName> {
  const found = new Set<BridgeName>();
  if (!existsSync(GCC)) {
    miss('the gateway, for want of a compiler', 'gcc libc6-dev');
    return found;
  }
  found.add('vncctl').add('the same without parsing').add('a minimal bridge in C');
  if (existsSync(WEBSOCKIFY)) found.add('websockify');
  else miss('the gateway against websockify', 'websockify');
  if (existsSync(NGINX) && existsSync(NGINX_STREAM)) found.add('nginx, raw TCP');
  else miss('the gateway against nginx', 'nginx-light libnginx-mod-stream');
  return found;
}

function miss(what: string, packages: string): void {
  process.stderr.write(`!! NOT MEASURED: ${what} (apt-get install --no-install-recommends ${packages})\n`);
}

export async function startBridge(name: BridgeName, place: BridgePlace): Promise<Bridge> {
  switch (name) {
    case 'vncctl':
      return startOurs(place, 'parse');
    case 'the same without parsing':
      return startOurs(place, 'pass');
    case 'websockify':
      return startWebsockify(place);
    case 'a minimal bridge in C':
      return listening(startProgram(await compileRival(rootOf(place), 'bridge', place.home, place.env), [String(place.target)], place.env));
    case 'nginx, raw TCP':
      return startNginx(place);
  }
}

async function startOurs(place: BridgePlace, filter: 'parse' | 'pass'): Promise<Bridge> {
  const file = join(place.home, 'gateway-child.mjs');
  if (!existsSync(file)) await bundle(join(rootOf(place), 'test/bench/gateway-child.ts'), file);
  return listening(startProgram(place.node.path, [file, String(place.target), filter], place.env));
}

async function startWebsockify({ target, env }: BridgePlace): Promise<Bridge> {
  const port = await freePort();
  const program = startProgram(WEBSOCKIFY, [`127.0.0.1:${port}`, `127.0.0.1:${target}`], { ...env, PYTHONUNBUFFERED: '1' });
  await program.said(/proxying from/);
  return { program, port, carrier: 'ws' };
}

/** With a buffer as large as ours: its own of 16 KB halves what one stream gets. */
async function startNginx({ home, target, env }: BridgePlace): Promise<Bridge> {
  const port = await freePort();
  const config = join(home, 'nginx.conf');
  writeFileSync(
    config,
    `load_module ${NGINX_STREAM};
    daemon off;
    worker_processes 1;
    pid ${join(home, 'nginx.pid')};
    error_log stderr notice;
    events { worker_connections 4096; }
    stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${target}; proxy_buffer_size 64k; } }
    `,
  );
  const program = startProgram(NGINX, ['-p', home, '-e', 'stderr', '-c', config], env);
  await program.said(/start worker process \d/);
  return { program, port, carrier: 'raw' };
}

async function listening(program: WatchedProgram): Promise<Bridge> {
  const [, port] = await program.said(/listening on (\d+)/);
  return { program, port: Number(port), carrier: 'ws' };
}

/** For those that take no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The folder of the project. */
export function rootOf({ program }: Pick<Workshop, 'program'>): string {
  return dirname(dirname(program));
}

async function bundle(entry: string, outfile: string): Promise<void> {
  const js = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error', banner: { js } });
}

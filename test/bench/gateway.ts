// The gateway's tunnels against websockify, the bridge that noVNC is usually served with: what a round trip of a short message
// takes, and what CPU time that and a stream of pictures cost. The filter lets everything pass here: parsing is measured apart.
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'esbuild';
import { connectViewers, type DesktopStand, startDesktopStand, type Viewers } from './gateway-load.ts';
import type { NodeProgram } from './nodes.ts';
import { treeCpuMs } from './process-tree.ts';
import { type Samples, type Study, summarise } from './scenario.ts';
import { startProgram, type WatchedProgram } from './watched-program.ts';
import type { Workshop } from './workshop.ts';

const WEBSOCKIFY = '/usr/bin/websockify';
const RIVAL = 'websockify';
const ECHOES = 100;
const STREAMS = 200;
const STREAM_BYTES_PER_SECOND = 600_000;
const ECHO_MS = 2_000;
const STREAM_MS = 5_000;
const WARM_MS = 1_000;

/** A bridge that runs. */
interface Bridge {
  program: WatchedProgram;
  port: number;
}

/** Whether the rival is there; says on stderr how to get it when it isn't. */
export function findWebsockify(): boolean {
  const found = existsSync(WEBSOCKIFY);
  if (!found) process.stderr.write('!! NOT MEASURED: the gateway, for want of its rival (apt-get install --no-install-recommends websockify)\n');
  return found;
}

export function gateway(node: NodeProgram): Study<Pick<Workshop, 'home' | 'program' | 'env'>> {
  const figure = { rival: RIVAL, node: node.version };
  return {
    name: 'gateway',
    figures: [
      { ...figure, name: 'gateway-echo', about: `a round trip through the gateway, ${ECHOES} at once`, goal: 0.33 },
      { ...figure, name: 'gateway-echo-cpu', about: 'the CPU time of a thousand of them', goal: 0.2 },
      { ...figure, name: 'gateway-stream-cpu', about: `the CPU time of a gigabyte, ${STREAMS} viewers at 0.6 MB/s`, goal: 0.33 },
    ],
    async observe(shop, { quick }) {
      const stand = await startDesktopStand();
      const echo: Samples = { ours: [], rival: [] };
      const echoCpu: Samples = { ours: [], rival: [] };
      const streamCpu: Samples = { ours: [], rival: [] };
      const outfile = join(shop.home, 'gateway-child.mjs');
      await bundle(join(dirname(dirname(shop.program)), 'test/bench/gateway-child.ts'), outfile);
      const starts = {
        ours: () => startOurs(node, outfile, stand.port, shop.env),
        rival: () => startWebsockify(stand.port, shop.env),
      };
      try {
        for (const side of quick ? (['ours', 'rival'] as const) : (['ours', 'rival', 'rival', 'ours'] as const)) {
          const bridge = await starts[side]();
          let viewers: Viewers | undefined;
          try {
            viewers = await connectViewers(bridge.port, STREAMS);
            const trips = await ofEchoes(bridge, viewers);
            echo[side].push(trips.p50);
            echoCpu[side].push(trips.cpuMsOfThousand);
            streamCpu[side].push(await ofStreams(bridge, stand));
          } finally {
            viewers?.close();
            await bridge.program.stop();
          }
        }
      } finally {
        await stand.stop();
      }
      return { 'gateway-echo': echo, 'gateway-echo-cpu': echoCpu, 'gateway-stream-cpu': streamCpu };
    },
  };
}

async function ofEchoes({ program }: Bridge, viewers: Viewers): Promise<{ p50: number; cpuMsOfThousand: number }> {
  await viewers.echo(ECHOES, WARM_MS);
  const before = treeCpuMs(program.pid);
  const trips = await viewers.echo(ECHOES, ECHO_MS);
  return { p50: summarise(trips).p50, cpuMsOfThousand: ((treeCpuMs(program.pid) - before) / trips.length) * 1_000 };
}

/** Milliseconds of CPU time a gigabyte. */
async function ofStreams({ program }: Bridge, stand: DesktopStand): Promise<number> {
  const stop = stand.pace(STREAM_BYTES_PER_SECOND);
  try {
    await delay(WARM_MS);
    const [before, written] = [treeCpuMs(program.pid), stand.written()];
    await delay(STREAM_MS);
    return ((treeCpuMs(program.pid) - before) / (stand.written() - written)) * 1e9;
  } finally {
    stop();
  }
}

async function startOurs(node: NodeProgram, file: string, target: number, env: NodeJS.ProcessEnv): Promise<Bridge> {
  const program = startProgram(node.path, [file, String(target)], env);
  const [, port] = await program.said(/listening on (\d+)/);
  return { program, port: Number(port) };
}

async function startWebsockify(target: number, env: NodeJS.ProcessEnv): Promise<Bridge> {
  const port = await freePort();
  const program = startProgram(WEBSOCKIFY, [`127.0.0.1:${port}`, `127.0.0.1:${target}`], { ...env, PYTHONUNBUFFERED: '1' });
  await program.said(/proxying from/);
  return { program, port };
}

/** It takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function bundle(entry: string, outfile: string): Promise<void> {
  const js = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error', banner: { js } });
}

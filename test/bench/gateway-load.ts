// The load of the gateway's figures, rival/load.c: asked in lines, answered in numbers. In C, because one in Node costs more than
// what it is to measure.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { run } from './timing.ts';

export const GCC = '/usr/bin/gcc';
/** Of a picture that each viewer gets 30 times a second: 0.6 MB/s. */
export const PICTURE = { bytes: 20_000, perSecond: 30 };

/** Viewers and the desktops that they come to. */
export interface Load {
  /** Where the desktops are. */
  port: number;
  /** Opens viewers one after the other; gives up after three that fail. Resolves with how many came in, and medians of the milliseconds to the greeting and to the end of the handshake. */
  open(bridge: { port: number; carrier: Carrier }, count: number): Promise<{ opened: number; greetedMs: number; openedMs: number }>;
  /** Every viewer sends a message as soon as the one before came back. */
  echo(forMs: number): Promise<{ trips: number; p50Ms: number }>;
  /** Every desktop writes as fast as it can; resolves with the bytes that arrived. */
  flat(forMs: number): Promise<number>;
  /** Every desktop writes a picture so often; `served`: the viewers that got nine tenths of theirs. */
  pace(picture: typeof PICTURE, forMs: number): Promise<{ bytes: number; served: number }>;
  /** Every desktop writes, and no viewer reads. */
  stall(forMs: number): Promise<void>;
  /** Ends all viewers. */
  close(): Promise<void>;
  stop(): Promise<void>;
}

/** How the bytes of RFB are carried to the bridge. */
export type Carrier = 'ws' | 'raw';

/** Compiles a program of rival/ into a folder; returns its path. */
export async function compileRival(root: string, name: 'load' | 'bridge', folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const program = join(folder, name);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(program)) await run(GCC, ['-O2', '-D_GNU_SOURCE', '-o', program, join(root, 'test/bench/rival', `${name}.c`)], env);
  return program;
}

export async function startLoad(program: string): Promise<Load> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const hear = async (): Promise<number[]> => {
    const { value, done } = await answers.next();
    if (done) throw new Error('the load of the gateway ended by itself');
    return value.split(' ').map(Number);
  };
  const ask = (line: string): Promise<number[]> => {
    child.stdin.write(`${line}\n`);
    return hear();
  };
  const [port = 0] = await hear();
  return {
    port,
    async open(bridge, count) {
      const [opened = 0, greetedUs = 0, openedUs = 0] = await ask(`open ${bridge.port} ${count} ${bridge.carrier}`);
      return { opened, greetedMs: greetedUs / 1000, openedMs: openedUs / 1000 };
    },
    async echo(forMs) {
      const [trips = 0, p50Us = 0] = await ask(`echo ${forMs}`);
      return { trips, p50Ms: p50Us / 1000 };
    },
    async flat(forMs) {
      const [bytes = 0] = await ask(`flat ${forMs}`);
      return bytes;
    },
    async pace(picture, forMs) {
      const [bytes = 0, served = 0] = await ask(`pace ${picture.bytes} ${picture.perSecond} ${forMs}`);
      return { bytes, served };
    },
    async stall(forMs) {
      await ask(`stall ${forMs}`);
    },
    async close() {
      await ask('close');
    },
    stop: () => end(child),
  };
}

async function end(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'close');
  child.stdin.end();
  await ended;
}

// What an attack does to a daemon: how long /healthz takes, asked by a process of its own on new connections; how long its event
// loop was at one thing, by its own processor time, which other programs on a busy machine don't lengthen; and what memory and
// files its process holds.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { comesTrue } from './eventually.ts';

const ASKER = `
const http = require('node:http');
const [origin, idleMs] = process.argv.slice(1);
const ask = () => new Promise((resolve) => {
  const began = performance.now();
  const end = () => resolve(performance.now() - began);
  http.get(origin + '/healthz', { agent: false }, (response) => response.resume().once('end', () => (response.statusCode === 200 ? end() : resolve(Infinity)))).once('error', () => resolve(Infinity));
});
let isOver = false;
process.stdin.resume().once('end', () => (isOver = true));
(async () => {
  const measure = async (goesOn) => {
    const tookMs = [];
    while (goesOn()) {
      tookMs.push(await ask());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return tookMs;
  };
  await ask();
  const until = performance.now() + Number(idleMs);
  const idle = await measure(() => performance.now() < until);
  process.stderr.write('idle\\n');
  const attacked = await measure(() => !isOver);
  process.stdout.write(JSON.stringify({ idle, attacked }, (_, value) => (value === Infinity ? 'failed' : value)));
})();
`;

// Loaded into the daemon: the processor time between two turns of its event loop, as a list of the long ones.
const PROBE = `
const { writeFileSync, renameSync } = require('node:fs');
const file = process.env.VNCCTL_TEST_TURNS;
if (file && process.argv.includes('daemon')) {
  const long = [];
  let before = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const ms = (user + system) / 1000;
    if (ms > 20) long.push({ atMs: Date.now(), ms });
  }, 1).unref();
  setInterval(() => {
    writeFileSync(file + '.next', JSON.stringify({ writtenMs: Date.now(), long }));
    renameSync(file + '.next', file);
    before = process.cpuUsage();
  }, 100).unref();
}
`;

/** The variables of a daemon whose turns are watched. */
export function watchedTurns(home: string): Record<string, string> {
  const probe = join(home, 'turns.cjs');
  writeFileSync(probe, PROBE);
  return { NODE_OPTIONS: `--require=${probe}`, VNCCTL_TEST_TURNS: join(home, 'turns.json') };
}

async function longestTurnSince(turnsFile: string, sinceMs: number): Promise<number> {
  const untilMs = Date.now();
  const read = (): { writtenMs: number; long: { atMs: number; ms: number }[] } => JSON.parse(readFileSync(turnsFile, 'utf8')) as ReturnType<typeof read>;
  await comesTrue('the turns of that time are written', () => read().writtenMs > untilMs);
  return Math.max(0, ...read().long.filter(({ atMs }) => atMs > sinceMs).map(({ ms }) => ms));
}

const IDLE_MS = 500;
const MOST_MS = 100;
// A turn is one batch of all that came at the same moment; its processor time is longer where other programs share the caches.
const MOST_TURN_MS = 250;

/** Runs `attack` while /healthz is asked all the time. Fails where one was not answered, or where one in a hundred took longer than 100 ms and the daemon itself was at one thing for long: what other programs take of a busy machine is not its doing. */
export async function staysHealthy({ origin, turnsFile }: { origin: string; turnsFile: string }, attack: () => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', ASKER, origin, String(IDLE_MS)], { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    const told = text(child.stdout);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    const sinceMs = Date.now();
    await attack();
    const longestMs = await longestTurnSince(turnsFile, sinceMs);
    child.stdin.end();
    const { idle, attacked } = JSON.parse(await told) as Record<'idle' | 'attacked', (number | 'failed')[]>;
    expect(attacked.filter((took) => took === 'failed')).toEqual([]);
    const p99Ms = p99Of(attacked);
    if (process.env['VNCCTL_TEST_FIGURES'] === '1') process.stderr.write(`/healthz p99 ${p99Ms.toFixed(1)} ms of ${attacked.length} (idle ${p99Of(idle).toFixed(1)} ms), longest turn ${longestMs.toFixed(1)} ms\n`);
    if (p99Ms >= MOST_MS) expect(longestMs, `the longest turn; /healthz took ${p99Ms} ms`).toBeLessThan(MOST_TURN_MS);
  } finally {
    child.kill('SIGKILL');
  }
}

function p99Of(took: readonly (number | 'failed')[]): number {
  const sorted = took.map(Number).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? Number.NaN;
}

/** What a process holds now. */
export interface Holdings {
  files: number;
  bytes: number;
}

export function holdingsOf(pid: number): Holdings {
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { files: readdirSync(`/proc/${pid}/fd`).length, bytes: kilobytes * 1024 };
}

const MORE_FILES = 5;
const MORE_BYTES = 20 * 1024 ** 2;

/** Resolves once a process holds what it did before: no more than five files and 20 MiB beyond it. */
export async function givesBack(pid: number, before: Holdings): Promise<void> {
  await comesTrue(`its files are back to ${before.files}`, () => holdingsOf(pid).files <= before.files + MORE_FILES, 40_000);
  await comesTrue(`its memory is back to ${before.bytes}`, () => holdingsOf(pid).bytes <= before.bytes + MORE_BYTES, 40_000);
}

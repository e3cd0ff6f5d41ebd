// The units that the built program prints, judged by systemd's own tools: that they can be loaded, and how much they expose.
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type DaemonService, renderUnits, type UnitFile } from '../../src/core/service-unit.ts';
import { createServices } from '../../src/app/services.ts';
import { tempFolder } from '../support/temp-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MOST_EXPOSED = 2;
const folder = tempFolder();
let count = 0;

interface Outcome {
  code: number;
  output: string;
}

/** Runs a program with both outputs as one text; rejects when it can't be started. */
function run(program: string, args: readonly string[]): Promise<Outcome> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_RUNTIME_DIR: folder, SYSTEMD_COLORS: '0', SYSTEMD_EMOJI: '0' };
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, cwd: folder }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') return reject(error);
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

async function printed(...flags: string[]): Promise<UnitFile[]> {
  const { code, output } = await run(process.execPath, [join(root, 'bin/vncctl.js'), 'daemon', 'install', '--print', '--json', ...flags]);
  expect(code, output).toBe(0);
  return JSON.parse(output) as UnitFile[];
}

/** The units of an installation that lies where it should. */
function rendered(changes: Partial<DaemonService>): UnitFile[] {
  return renderUnits(createServices({ env: {}, home: folder, root }).templates(), {
    scope: 'system',
    instance: 'default',
    user: 'root',
    command: [process.execPath, '/opt/vncctl/bin/vncctl.js', 'daemon'],
    environment: { VNCCTL_HOME: '/srv/vncctl' },
    writable: [{ folder: '/srv/vncctl/state' }],
    privateTmp: true,
    stopWithinMs: 38_000,
    engineUnit: 'docker.service',
    listen: { host: '127.0.0.1', port: 8080 },
    ...changes,
  });
}

/** The files of the units, in a folder of their own. */
function written(units: readonly UnitFile[]): string[] {
  const own = join(folder, `${++count}`);
  mkdirSync(own);
  return units.map(({ name, text }) => {
    writeFileSync(join(own, name), text);
    return join(own, name);
  });
}

/** What verify says of these units; what it says of the machine's own counts only when it fails. */
async function verify(units: readonly UnitFile[], ...flags: string[]): Promise<Outcome> {
  const { code, output } = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', ...flags, ...written(units)]);
  return { code, output: code === 0 ? output.split('\n').filter((line) => line.includes('vncctl')).join('\n') : output };
}

/** The overall exposure that systemd computes, and what it says of each part. */
async function exposure(units: readonly UnitFile[]): Promise<{ score: number; report: string }> {
  const [service = ''] = written(units);
  const { output } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', service]);
  const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(output)?.[1]);
  process.stdout.write(`exposure: ${score}\n`);
  return { score, report: output };
}

test.each([[['--system']], [['--system', '--run-as', 'daemon']], [['--system', '--instance', 'two']], [['--user']]])('systemd loads the units of install %j without a word', async (flags) => {
  const units = await printed(...flags);
  expect(units).toHaveLength(2);
  expect(await verify(units, ...(flags.includes('--user') ? ['--user'] : []))).toEqual({ code: 0, output: '' });
});

test('verify would tell: a program that is not there and a key that is none are', async () => {
  const units = await printed('--system');
  const broken = (from: RegExp, to: string): UnitFile[] => units.map((unit) => ({ ...unit, text: unit.text.replace(from, to) }));
  expect((await verify(broken(/^ExecStart=\S+/m, 'ExecStart=/nowhere/node'))).code).not.toBe(0);
  expect((await verify(broken(/^KillMode=/m, 'KilMode='))).output).toContain('KilMode');
});

test(`the exposure of the system's unit is at most ${MOST_EXPOSED}, as root and as another user`, async () => {
  for (const user of ['root', 'daemon']) {
    const { score, report } = await exposure(rendered({ user }));
    expect(score, report).toBeLessThanOrEqual(MOST_EXPOSED);
  }
});

test('systemd finds a program and takes folders whose names are full of signs', async () => {
  const odd = join(folder, 'odd 100% $HOME ; #');
  mkdirSync(odd);
  const program = join(odd, 'node');
  copyFileSync('/bin/true', program);
  chmodSync(program, 0o755);
  const home = join(odd, `"x" 'y' \\n`);
  const units = rendered({ command: [program, join(home, 'vncctl.js'), 'daemon'], environment: { VNCCTL_HOME: home }, writable: [{ folder: home }, { folder: home, optional: true }], listen: { host: '::1', port: 8080 } });
  expect(await verify(units)).toEqual({ code: 0, output: '' });
});

// The whole program in-process: main() on fake streams over a fake engine, store, probe and clock, with a home of its own.
// Several runs of one test share engine, store and home, as several commands of a person do.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AppParts } from '../../src/app.ts';
import type { CatalogEntry } from '../../src/core/catalog.ts';
import { contextHash } from '../../src/core/build-context.ts';
import { LABEL } from '../../src/core/labels.ts';
import { createImageSources } from '../../src/engine/image-sources.ts';
import { main } from '../../src/main.ts';
import { createFakeActivity, type FakeActivity } from './fake-activity.ts';
import { fakeStreams } from './fake-streams.ts';
import { createTestDesktops, exampleEntry, type TestDesktops, type TestDesktopsOptions } from './test-desktops.ts';

export interface Run {
  code: number;
  out: string;
  err: string;
  /** stdout as JSON. */
  json(): unknown;
}

export interface RunOptions {
  /** Which streams are terminals; none unless named. */
  terminals?: readonly ('stdin' | 'stdout' | 'stderr')[];
  columns?: number;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** Called once the run has begun: types keys, takes engines away. */
  meanwhile?: (io: ReturnType<typeof fakeStreams>) => Promise<void>;
}

export interface TestProgram extends TestDesktops {
  home: string;
  /** Who uses which desktop; nobody unless the test says so. */
  activity: FakeActivity;
  /** A daemon runs from now on, and answers there; this very process is taken for it. Empty: it answers nowhere; undefined: none runs. */
  daemonAnswersAt(address: string | undefined, more?: { scheme?: string | undefined; socket?: string }): void;
  /** Runs `vncctl <argv>` to its end. */
  run(argv: readonly string[], options?: RunOptions): Promise<Run>;
}

const DOCKERFILE = { path: 'Dockerfile', executable: false, content: Buffer.from('ARG BASE\nFROM ${BASE}\n') };

/** To be called inside a test. The default image is `firefox-kiosk`; image and network are there unless `prepared` is false. */
export function createTestProgram({ entries = [exampleEntry({ key: 'firefox-kiosk', title: 'Firefox kiosk', description: 'One web page in full screen.' })], services = {}, control, ...options }: TestDesktopsOptions & { entries?: readonly CatalogEntry[]; services?: AppParts['services']; control?: AppParts['control'] } = {}): TestProgram {
  const fakes = createTestDesktops({ entries, ...options });
  const home = mkdtempSync(join(tmpdir(), 'vncctl-program-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const { engine, store, probe, warm, memory, clock, desktops } = fakes;
  engine.imageWorld.add('vncctl/base:bookworm');
  if (options.prepared !== false) for (const { key } of entries) engine.imageWorld.add(`vncctl/${key}:latest`, { [LABEL.template]: contextHash([DOCKERFILE], '') });
  const activity = createFakeActivity(clock);
  return {
    ...fakes,
    home,
    activity,
    daemonAnswersAt(address, more) {
      const folder = join(home, 'state/default');
      mkdirSync(folder, { recursive: true });
      const facts = { pid: process.pid, startedAt: '2030-01-01T12:00:00.000Z', ...(address ? { address, ...more } : {}) };
      if (address === undefined) rmSync(join(folder, 'daemon.json'));
      else writeFileSync(join(folder, 'daemon.json'), JSON.stringify(facts));
    },
    async run(argv, { terminals = [], columns, env = {}, signal = new AbortController().signal, meanwhile } = {}) {
      const io = fakeStreams({
        terminals,
        ...(columns === undefined ? {} : { columns }),
        env: { VNCCTL_HOME: home, DOCKER_HOST: 'unix:///nowhere/docker.sock', PATH: process.env['PATH'] ?? '', ...env },
      });
      const running = main(argv, {
        ...io,
        cwd: home,
        signal,
        parts: {
          engine,
          store,
          probe,
          clock,
          warm,
          processes: desktops.processes,
          activity,
          boot: { id: 'boot', ms: () => clock.monotonicMs() },
          hostPorts: engine.hostPorts,
          memory,
          catalog: entries,
          imageSources: { ...createImageSources('', async () => 'vncctl/base:bookworm'), contextOf: async () => [DOCKERFILE] },
          homedir: home,
          services,
          ...(control ? { control } : {}),
        },
      });
      const [code] = await Promise.all([running, meanwhile?.(io)]);
      return { code, out: io.out(), err: io.err(), json: () => JSON.parse(io.out()) as unknown };
    },
  };
}

// The figures of the daemon: what is told once somebody asks, and that nothing is counted before.
import { expect, onTestFinished, test } from 'vitest';
import { createFigures, type Figures } from '../../../src/app/figures.ts';
import { measuredReaper } from '../../../src/core/measured.ts';
import type { Reaper } from '../../../src/core/reap.ts';
import type { MomentFigures } from '../../../src/daemon/metrics.ts';
import { VncctlError } from '../../../src/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeEngine } from '../../support/fake-engine.ts';

const NOTHING: MomentFigures = { desktops: [], viewers: [], traffic: { toViewerBytes: 0, fromViewerBytes: 0 } };

function open(look: () => MomentFigures = () => NOTHING): Figures & { clock: ReturnType<typeof createFakeClock> } {
  const clock = createFakeClock();
  const figures = createFigures({ version: '1.2.3', look: async () => look(), clock });
  onTestFinished(() => figures.stop());
  return { ...figures, clock };
}

/** The samples whose line begins so. */
const linesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name));

test('what there is at this moment is looked up at each asking', async () => {
  let moment: MomentFigures = {
    desktops: [{ status: 'ready', image: 'firefox-kiosk' }, { status: 'ready', image: 'firefox-kiosk' }, { status: 'paused', image: 'desktop' }],
    viewers: [{ mode: 'full' }, { mode: 'view-only' }, { mode: 'full' }],
    traffic: { toViewerBytes: 1000, fromViewerBytes: 10 },
  };
  const { tell } = open(() => moment);
  const { type, text } = await tell();
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(linesOf(text, 'vncctl_desktops{')).toEqual(['vncctl_desktops{status="ready",image="firefox-kiosk"} 2', 'vncctl_desktops{status="paused",image="desktop"} 1']);
  expect(linesOf(text, 'vncctl_viewers{')).toEqual(['vncctl_viewers{mode="full"} 2', 'vncctl_viewers{mode="view-only"} 1']);
  expect(linesOf(text, 'vncctl_tunnel_bytes_total{')).toEqual(['vncctl_tunnel_bytes_total{direction="to_viewer"} 1000', 'vncctl_tunnel_bytes_total{direction="from_viewer"} 10']);
  expect(text).toContain('vncctl_engine_up 1');
  for (const name of ['vncctl_open_sockets{kind="tcp"}', 'vncctl_event_loop_lag_seconds{stat="p99"}', 'process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds', 'vncctl_build_info{version="1.2.3"']) expect(linesOf(text, name), name).toHaveLength(1);
  moment = { ...NOTHING, traffic: { toViewerBytes: 1500, fromViewerBytes: 10 } };
  const second = (await tell()).text;
  expect(linesOf(second, 'vncctl_desktops{')).toEqual([]);
  expect(second).toContain('vncctl_tunnel_bytes_total{direction="to_viewer"} 1500');
});

test('an engine that can not be read is told as such, and never as no desktops', async () => {
  const { tell } = open(() => ({ viewers: [], traffic: NOTHING.traffic }));
  const { text } = await tell();
  expect(text).toContain('vncctl_engine_up 0');
  expect(linesOf(text, 'vncctl_desktops{')).toEqual([]);
});

test('what happens is counted from the first asking on', async () => {
  const { tell, current } = open();
  current().happened('created');
  await tell();
  current().happened('created');
  current().broughtUp('created');
  current().broughtUp('failed');
  current().phase('rfb', 80);
  current().reaped({ do: 'remove', clock: 'no-client', result: 'done' });
  current().answered({ method: 'GET', route: '/api/v1/desktops/{desktop}', status: 200 }, 3);
  const { text } = await tell();
  for (const line of [
    'vncctl_desktop_events_total{event="created"} 1',
    'vncctl_creations_total{outcome="created"} 1',
    'vncctl_creations_total{outcome="failed"} 1',
    'vncctl_creation_phase_duration_seconds_bucket{le="0.1",phase="rfb"} 1',
    'vncctl_creation_phase_duration_seconds_bucket{le="0.025",phase="rfb"} 0',
    'vncctl_reaps_total{action="remove",clock="no-client",result="done"} 1',
    'vncctl_http_request_duration_seconds_count{method="GET",route="/api/v1/desktops/{desktop}",status="200"} 1',
  ]) expect(text.split('\n')).toContain(line);
});

test('the engine is left as it is until somebody asks; then each call is measured, and its failure told', async () => {
  const { tell, measure, clock } = open();
  const engine = createFakeEngine({ clock });
  expect(measure(engine)).toBe(engine);
  await tell();
  const measured = measure(engine);
  expect(measure(engine)).toBe(measured);
  engine.calls.after('containers.list', () => clock.advance(200));
  expect(await measured.containers.list({ labels: {} })).toEqual([]);
  engine.calls.failNext('images.find', new VncctlError('ENGINE_TIMEOUT', 'too late'));
  await expect(measured.images.find('a')).rejects.toThrow('too late');
  const { text } = await tell();
  expect(text).toContain('vncctl_engine_call_duration_seconds_sum{call="containers.list"} 0.2');
  expect(linesOf(text, 'vncctl_engine_call_errors_total{')).toEqual(['vncctl_engine_call_errors_total{call="images.find",code="ENGINE_TIMEOUT"} 1']);
});

test('sweeps are measured, those that succeed and those that do not, and their steps counted', async () => {
  const { tell, current, clock } = open();
  await tell();
  let isDown = false;
  const reaper = {
    async sweep({ onOutcome }: Parameters<Reaper['sweep']>[0]) {
      clock.advance(40);
      if (isDown) throw new VncctlError('ENGINE_UNREACHABLE', 'down');
      onOutcome?.({ step: { do: 'pause', clock: 'no-client' }, result: 'done' } as Parameters<NonNullable<typeof onOutcome>>[0]);
      return {} as Awaited<ReturnType<Reaper['sweep']>>;
    },
    flush: async () => {},
  };
  const measured = measuredReaper(reaper, current, clock);
  const outcomes: unknown[] = [];
  const options = { signal: new AbortController().signal, onOutcome: (outcome: unknown) => void outcomes.push(outcome) };
  await measured.sweep(options);
  isDown = true;
  await expect(measured.sweep(options)).rejects.toThrow('down');
  expect(outcomes).toHaveLength(1);
  const { text } = await tell();
  for (const line of ['vncctl_sweep_duration_seconds_sum{result="done"} 0.04', 'vncctl_sweep_duration_seconds_count{result="failed"} 1', 'vncctl_reaps_total{action="pause",clock="no-client",result="done"} 1']) expect(text.split('\n')).toContain(line);
});

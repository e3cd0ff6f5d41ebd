// The figures of the daemon in the form of Prometheus. Loaded with the first request for them, and counting from then on: before
// it nobody could have seen a rate.
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../core/metrics.ts';

/** What is looked up when somebody asks. */
export interface MomentFigures {
  /** Absent where the engine or the store can't be asked. */
  desktops?: readonly { status: string; image: string }[];
  viewers: readonly { mode: string }[];
  /** RFB bytes since the daemon started. */
  traffic: { toViewerBytes: number; fromViewerBytes: number };
}

export interface MetricsOptions {
  version: string;
  look(): Promise<MomentFigures>;
}

export interface OpenMetrics {
  metrics: Metrics;
  /** All figures, as text of that type. */
  tell(): Promise<{ type: string; text: string }>;
  /** Stops measuring. */
  close(): void;
}

const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
const START_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const LAG_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** Nothing was counted yet. */
export function openMetrics({ version, look }: MetricsOptions): OpenMetrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) => new Gauge({ name, help, labelNames: [...labelNames], registers });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) => new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) => new Histogram({ name, help, buckets, labelNames: [...labelNames], registers });

  gauge('vncctl_build_info', 'Always 1; its labels tell the version.', ['version', 'node_version']).set({ version, node_version: process.version }, 1);
  gauge('vncctl_host_cpus', 'Processors of this machine.').set(availableParallelism());
  const engineUp = gauge('vncctl_engine_up', 'Whether the container engine and the state could be read.');
  const desktops = gauge('vncctl_desktops', 'Desktops there are now.', ['status', 'image']);
  const viewers = gauge('vncctl_viewers', 'Viewers of the gateway.', ['mode']);
  const tunnelBytes = counter('vncctl_tunnel_bytes_total', 'RFB bytes that went through the gateway.', ['direction']);
  const sockets = gauge('vncctl_open_sockets', 'Sockets that the daemon has open.', ['kind']);
  const lag = gauge('vncctl_event_loop_lag_seconds', 'How late the event loop was since the last scrape.', ['stat']);
  const cpu = counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.');
  const memory = gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.').set(Date.now() / 1000 - process.uptime());

  const ups = counter('vncctl_creations_total', 'Desktops that the daemon was asked for, by what came of it; claimed is a hit of the pool, created a miss.', ['outcome']);
  const phases = histogram('vncctl_creation_phase_duration_seconds', 'Parts of the way from the asking to the desktop.', START_SECONDS, ['phase']);
  const events = counter('vncctl_desktop_events_total', 'What happened to desktops, whoever did it.', ['event']);
  const reaps = counter('vncctl_reaps_total', 'Steps of the sweeps, by the clock that called for them.', ['action', 'clock', 'result']);
  const sweeps = histogram('vncctl_sweep_duration_seconds', 'Sweeps over all desktops.', CALL_SECONDS, ['result']);
  const calls = histogram('vncctl_engine_call_duration_seconds', 'Calls of the container engine.', CALL_SECONDS, ['call']);
  const failures = counter('vncctl_engine_call_errors_total', 'Calls of the container engine that failed.', ['call', 'code']);
  const requests = histogram('vncctl_http_request_duration_seconds', 'Requests to the API and its dialects.', CALL_SECONDS, ['method', 'route', 'status']);

  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();

  const readMoment = async (): Promise<void> => {
    const { desktops: present, viewers: watching, traffic } = await look();
    engineUp.set(present ? 1 : 0);
    desktops.reset();
    for (const { status, image } of present ?? []) desktops.inc({ status, image });
    viewers.reset();
    for (const mode of ['full', 'view-only']) viewers.set({ mode }, watching.filter((viewer) => viewer.mode === mode).length);
    tunnelBytes.reset();
    tunnelBytes.inc({ direction: 'to_viewer' }, traffic.toViewerBytes);
    tunnelBytes.inc({ direction: 'from_viewer' }, traffic.fromViewerBytes);
  };

  const readProcess = (): void => {
    const resources = process.getActiveResourcesInfo();
    for (const [kind, resource] of [['tcp', 'TCPSocketWrap'], ['unix', 'PipeWrap']] as const) sockets.set({ kind }, resources.filter((name) => name === resource).length);
    for (const [stat, value] of [['mean', delay.mean], ['p99', delay.percentile(99)], ['max', delay.max]] as const) {
      // Its own waiting is in what it measures; nothing was measured yet where it is no number.
      lag.set({ stat }, Number.isFinite(value) ? Math.max(0, value / NANOSECONDS - LAG_RESOLUTION_MS / 1000) : 0);
    }
    delay.reset();
    const { user, system } = process.cpuUsage();
    cpu.reset();
    cpu.inc((user + system) / 1e6);
    memory.set(process.memoryUsage.rss());
  };

  return {
    metrics: {
      broughtUp: (outcome) => ups.inc({ outcome }),
      phase: (phase, ms) => phases.observe({ phase }, ms / 1000),
      happened: (event) => events.inc({ event }),
      reaped: ({ do: action, clock, result }) => reaps.inc({ action, clock, result }),
      swept: (ms, succeeded) => sweeps.observe({ result: succeeded ? 'done' : 'failed' }, ms / 1000),
      asked(call, ms, code) {
        calls.observe({ call }, ms / 1000);
        if (code !== undefined) failures.inc({ call, code });
      },
      answered: ({ method, route, status }, ms) => requests.observe({ method, route, status: String(status) }, ms / 1000),
    },
    async tell() {
      await readMoment();
      readProcess();
      return { type: registry.contentType, text: await registry.metrics() };
    },
    close() {
      delay.disable();
      registry.clear();
    },
  };
}

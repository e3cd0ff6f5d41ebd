// The part of the composition root that watches: one sweep, or the daemon with its log, journal, hooks, door and lock.
import type { App, AppParts } from '../app.ts';
import type { Io } from '../commands/context.ts';
import type { ActivitySource } from '../core/activity.ts';
import { createBoundedLog } from '../core/bounded-log.ts';
import type { Clock } from '../core/clock.ts';
import { noViewers } from '../core/control.ts';
import type { Desktops } from '../core/desktops.ts';
import type { BootClock } from '../core/gap.ts';
import type { InstanceJournal, LifeEvent } from '../core/journal.ts';
import { createDiskWatch } from '../core/disk-watch.ts';
import { createLifeTracker, type LifeTracker } from '../core/life.ts';
import { listDesktops } from '../core/list.ts';
import type { Log } from '../core/log.ts';
import { measuredReaper } from '../core/measured.ts';
import { gatewayAddress } from '../core/public-address.ts';
import { createReaper, type Sweep, type SweepOptions } from '../core/reap.ts';
import type { ListenAddress } from '../core/setting-types.ts';
import { tlsFilesOf } from '../core/tls-files.ts';
import { createWaiting } from '../core/waiting.ts';
import { type CertificateFollower, followCertificate, readCertificate } from '../daemon/certificate.ts';
import { listenOnSocket } from '../daemon/control-socket.ts';
import { type DaemonState, startDaemon } from '../daemon/daemon.ts';
import { createDoor } from '../daemon/door.ts';
import { judgeReadiness, type Readiness } from '../daemon/health.ts';
import { keepPool } from '../daemon/pool.ts';
import { postJson } from '../daemon/http-post.ts';
import { createHooks, type Hooks, noHooks } from '../daemon/hooks.ts';
import type { MomentFigures } from '../daemon/metrics.ts';
import { takePassedSocket } from '../daemon/passed-socket.ts';
import { createServiceNotify } from '../daemon/service-notify.ts';
import { describeSummary } from '../daemon/summary.ts';
import { createUpRoute } from '../daemon/up-route.ts';
import { wordsOf } from '../daemon/words-of.ts';
import { keepYoungSpaceSmall } from '../daemon/young-space.ts';
import { hostBootClock } from '../engine/host-boot.ts';
import { ownProcesses } from '../engine/host-processes.ts';
import { runProgram } from '../engine/run-program.ts';
import { openApi } from './api.ts';
import { logOn, tellAll } from './daemon-log.ts';
import { openDashboard } from './dashboard.ts';
import { createFigures } from './figures.ts';
import { openGateway, rulesOnce } from './gateway.ts';
import { handingOut } from './handing-out.ts';
import { catalogVersion, factsOf, heldFacts } from './installation-facts.ts';
import { settingsAnew } from './settings-anew.ts';
import type { Settings } from '../settings.ts';
import { takeDaemonLock } from '../store/daemon-lock.ts';
import { daemonFileOf } from '../store/paths.ts';

/** What watching is put together from. */
export interface WatchingInput {
  app: App;
  parts: Partial<AppParts>;
}

export interface DaemonInput extends WatchingInput {
  io: Io;
  /** Reads the settings anew; the parts given are kept. */
  again: (kept: Partial<AppParts>) => App;
}

export interface DaemonOptions {
  /** Ends it in good order. */
  signal: AbortSignal;
  /** Absent: as the settings say. */
  listen?: ListenAddress | 'off';
  tlsCert?: string;
  tlsKey?: string;
  logFormat?: Settings['logFormat'];
  /** Hands over what is to be called when the settings are to be read anew; returns what takes it back. */
  onReload: (reload: () => void) => () => void;
}

/** One sweep by this process. What it does is kept in the journal, unless a daemon that runs does so. */
export async function sweepOnce({ app, parts }: WatchingInput, options: Pick<SweepOptions, 'signal' | 'dryRun'>): Promise<Sweep> {
  const journal = await app.journal();
  const life = lifeTracker(() => app, journal);
  const reaper = createReaper({ desktops: () => app.desktops(), activity: await app.activity(), boot: bootOf(parts) });
  const events: LifeEvent[] = [];
  const sweep = await reaper.sweep({ ...options, onOutcome: (outcome) => void events.push(...life.settle(outcome, app.clock.now())) });
  if (options.dryRun) return sweep;
  await reaper.flush();
  if (!app.daemon()) await journal.append(events);
  return sweep;
}

/** The daemon of the instance, until its signal aborts. DAEMON_RUNNING when there is one already, PORT_TAKEN when its door can't be opened. */
export async function runDaemon({ app, parts, io, again }: DaemonInput, options: DaemonOptions): Promise<void> {
  const { settings, clock, paths } = app;
  keepYoungSpaceSmall();
  const lock = await takeDaemonLock({ file: daemonFileOf(paths, settings.instance), now: () => clock.now(), processes: ownProcesses });
  const log = logOn(io, options.logFormat ?? settings.logFormat, clock);
  // Its stderr is its log, and a log has one form.
  app.warnThrough((message) => log.write('warning', message));
  let hooks = hooksOf(settings, log, clock, io);
  const stops: (() => Promise<void> | void)[] = [() => lock.release(), () => hooks.settle(HOOKS_TO_FINISH_MS)];
  try {
    let current = app;
    let facts = factsOf(app, catalogVersion(paths.catalog));
    const journal = await app.journal();
    // Asked for at each look: an engine that isn't there yet must not keep the daemon from starting.
    const direct: ActivitySource = { look: async (subjects, lookOptions) => (await current.activity()).look(subjects, lookOptions), close: () => {} };
    const notify = createServiceNotify({ env: io.env, pid: process.pid, run: runProgram, clock, log });
    let state: DaemonState = {};
    let answer: { address: string; scheme: 'http' | 'https' } | undefined;
    // By what it really listens on: a flag may have said so.
    const desktops = async (): Promise<Desktops> => {
      const own = await current.desktops();
      return { ...own, engine: figures.measure(own.engine), gateway: answer && gatewayAddress(answer, current.settings) };
    };
    const look = async (): Promise<MomentFigures> => {
      const present = await desktops().then(listDesktops).catch(() => undefined);
      return { ...(present ? { desktops: present } : {}), viewers: (await gateway?.control.viewers()) ?? [], traffic: gateway?.traffic() ?? { toViewerBytes: 0, fromViewerBytes: 0 } };
    };
    const figures = createFigures({ version: app.version, look, clock });
    stops.push(() => figures.stop());
    const listen = options.listen ?? settings.listen;
    const tlsFiles = tlsFilesOf({ cert: options.tlsCert ?? settings.tlsCert, key: options.tlsKey ?? settings.tlsKey });
    const certificate = tlsFiles && readCertificate(tlsFiles);
    let follower: CertificateFollower | undefined;
    // For what people from outside can make happen as often as they like.
    const outside = createBoundedLog(log, clock);
    const settling = setInterval(() => outside.settle(), SETTLE_LOG_MS).unref();
    stops.push(() => {
      clearInterval(settling);
      outside.settle({ all: true });
    });
    const gateway = listen === 'off' ? undefined : await openGateway({ app: () => current, journal, clock, log: outside });
    const dashboard = openDashboard({ app: () => current, desktops, log: outside });
    stops.push(() => dashboard.stop());
    const seen = dashboard.apartFrom(direct);
    const activity = gateway?.activityWith(seen) ?? seen;
    const readiness = (): Readiness => readinessOf(state, clock.monotonicMs(), current.settings.sweepInterval);
    const life = lifeTracker(() => current, journal);
    const waiting = createWaiting();
    const rulesFor = rulesOnce();
    // The connections whose requests are authorised.
    const known = new WeakSet<object>();
    const api = openApi({ app: () => current, desktops, waiting, activity, journal, control: gateway?.control ?? noViewers, readiness, auth: settings.auth, dialects: settings.dialects, figures, dashboard: dashboard.extension, signal: options.signal, log: outside, onKnown: (socket) => known.add(socket) });
    const ups = createUpRoute({ ...handingOut({ app: () => current, facts: () => facts, desktops, metrics: figures.current, waiting }), log });
    const control = createDoor({ routes: [api.routesAt('socket'), ups], readiness, isKnown: () => true });
    stops.push(() => control.stop());
    const { socket } = app;
    await listenOnSocket(control, socket);
    lock.answersAt({ socket });
    if (gateway && listen !== 'off') {
      const isProxy = (address: string): boolean => rulesFor(current.settings).proxies.includes(address);
      const door = createDoor({ certificate, routes: [gateway.routes, dashboard.routes, api.routesAt('tcp')], readiness, isProxy, isKnown: (socket) => known.has(socket) });
      // Viewers first: the door cuts off whoever is still there.
      stops.push(() => door.stop(), () => gateway.stop());
      const address = await door.listen(takePassedSocket(io.env, process.pid) ?? listen);
      api.checkAddress(address);
      answer = { address, scheme: certificate ? 'https' : 'http' };
      lock.answersAt(answer);
      log.write('info', `answering at ${address}${certificate ? ' with TLS' : ''}`);
      if (tlsFiles && certificate) {
        follower = followCertificate({ files: tlsFiles, present: certificate, onNew: (next) => door.useCertificate(next), clock, log });
        stops.push(() => follower?.stop());
      }
    }
    // Before the doors, which would wait for its streams.
    stops.push(() => api.stop());
    const pool = keepPool({ desktops, clock, log, isBusy: waiting.isAnybody });
    const daemon = startDaemon({
      desktops,
      reaper: measuredReaper(createReaper({ desktops, activity, boot: bootOf(parts), disk: createDiskWatch() }), figures.current, clock),
      activity,
      life,
      log,
      clock,
      toPerson: io.stderr.isTTY === true,
      async tell(events) {
        await tellAll(events, { log, journal, hooks: () => hooks });
        for (const { event } of events) figures.current().happened(event);
        api.tell(events);
      },
      onEvent: (event) => pool.heard(event),
      onState(next) {
        state = next;
        notify.status(next.trouble ?? (next.summary ? `watching ${describeSummary(next.summary)}` : 'starting'));
      },
    });
    stops.push(
      () => Promise.all([daemon.ended, pool.ended]).then(() => {}),
      () => {
        pool.stop();
        daemon.stop();
      },
    );
    if (notify.watchdogMs !== undefined) {
      const timer = setInterval(() => isAlive(state, clock.monotonicMs(), current.settings.sweepInterval) && void notify.watchdog(), notify.watchdogMs);
      stops.push(() => clearInterval(timer));
    }
    const reload = async (): Promise<void> => {
      await notify.reloading();
      follower?.look();
      try {
        // Before it is read: whatever changes from then on makes a difference.
        const catalog = catalogVersion(paths.catalog);
        const next = await settingsAnew(current, again, log);
        hooks = hooksOf(next.settings, log, clock, io);
        [current, facts] = [next, { ...factsOf(next, catalog), ...heldFacts(facts) }];
        daemon.look();
        pool.look();
      } catch (error) {
        log.write('error', 'the new settings can not be used; the old ones stay', { reason: wordsOf(error) });
      }
      await notify.ready('the settings were read anew');
    };
    stops.push(options.onReload(() => void reload()));
    // Before all others: somebody waits for each of them.
    stops.push(() => ups.stop());
    await notify.ready('starting');
    await Promise.race([aborted(options.signal), daemon.ended]);
    log.write('info', 'stopping; the desktops stay');
    void notify.stopping();
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

function lifeTracker(app: () => App, journal: InstanceJournal): LifeTracker {
  return createLifeTracker({ names: () => app().settings, clientHash: ({ client }) => client && journal.hashOf(client) });
}

function bootOf(parts: Partial<AppParts>): BootClock {
  return parts.boot ?? hostBootClock();
}

function hooksOf({ hook, hookTimeout }: Settings, log: Log, clock: Clock, { env }: Io): Hooks {
  return hook === undefined ? noHooks : createHooks({ hook, timeoutMs: hookTimeout, run: runProgram, post: postJson, clock, log, env });
}

function readinessOf({ trouble, lookedAtMs, summary }: DaemonState, nowMs: number, sweepIntervalMs: number): Readiness {
  const { desktops = 0, used = 0, unknown = 0 } = summary ?? {};
  return judgeReadiness({ lookedAtMs, engineReachable: trouble === undefined, maxAgeMs: 2 * sweepIntervalMs + STUCK_MS, counts: { desktops, used, unknown } }, nowMs);
}

/** Whether the loop goes round: it has looked, or tried to, not long ago. */
function isAlive({ triedAtMs }: DaemonState, nowMs: number, sweepIntervalMs: number): boolean {
  return triedAtMs === undefined || nowMs - triedAtMs < 2 * sweepIntervalMs + STUCK_MS;
}

const STUCK_MS = 60_000;
const SETTLE_LOG_MS = 5_000;
const HOOKS_TO_FINISH_MS = 400;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

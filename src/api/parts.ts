// What the API works with: the same collaborators that the verbs have, and what the daemon knows beside them. Filled in by
// app/api.ts.
import type { IncomingMessage } from 'node:http';
import type { ActivitySource } from '../core/activity.ts';
import type { ReadyStage } from '../core/catalog.ts';
import type { ClientIdPolicy } from '../core/client-id.ts';
import type { Clock } from '../core/clock.ts';
import type { DaemonControl } from '../core/control.ts';
import type { Catalog, Desktops } from '../core/desktops.ts';
import type { Milliseconds } from '../core/duration.ts';
import type { ImageBuilding } from '../core/images.ts';
import type { InstanceJournal } from '../core/journal.ts';
import type { Log } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { SettingRow } from '../core/setting-facts.ts';
import type { TicketStore } from '../core/tickets.ts';
import type { TokenStore } from '../core/tokens.ts';
import type { Waiting } from '../core/waiting.ts';

/** What of the settings counts here. */
export interface ApiSettings {
  clientIds: ClientIdPolicy;
  image: string;
  wait: ReadyStage | undefined;
  timeout: Milliseconds | undefined;
  queue: Milliseconds | 'off';
  mask: boolean;
  /** `none`: whoever comes to the TCP door from this machine may do everything. */
  auth: 'token' | 'none';
  /** Whose pages may use the API: origins, or `*` for all; empty for nobody's. */
  corsOrigins: readonly string[];
}

/** Whether the daemon does its work. */
export type ApiReadiness = { ready: true; counts: Readonly<Record<string, number>> } | { ready: false; reason: string };

export interface ApiParts {
  desktops(): Promise<Desktops>;
  /** Who waits for a desktop of their own. */
  waiting: Pick<Waiting, 'during'>;
  catalog(): Promise<Catalog>;
  images(): Promise<ImageBuilding>;
  tickets(): Promise<TicketStore>;
  tokens(): Promise<TokenStore>;
  activity: ActivitySource;
  journal: InstanceJournal;
  control: DaemonControl;
  /** As they are now: they may be read anew. */
  settings(): ApiSettings;
  /** All of them, for whoever asks; `secrets` for those that may hold one too. */
  settingRows(options: { secrets: boolean }): readonly SettingRow[];
  readiness(): ApiReadiness;
  /** Whether a request was sent to a name of ours. */
  isOurHost(request: IncomingMessage): boolean;
  /** Whether a request comes from a page of ours, or from no page. */
  isOurOrigin(request: IncomingMessage): boolean;
  /** Whether it looks like a browser's, and shows nothing that only a program or a page of ours could send. */
  mayBeAnyPages(request: IncomingMessage): boolean;
  /** Whether a request may come from elsewhere, whatever its address: a proxy passed it on. */
  isFromOutside(request: IncomingMessage): boolean;
  /** Who counts, as of now. */
  metrics(): Metrics;
  /** Where a request comes from, as far as that can be told. */
  addressOf(request: IncomingMessage): string;
  /** Called for each connection whose request is authorised. */
  onKnown?(socket: object): void;
  log: Log;
  clock: Clock;
  version: string;
  /** Fires when the daemon stops: what is half-made is undone. */
  signal: AbortSignal;
}

// Pausing, waking and restarting a desktop because somebody asks for it. What a lease makes of an idle one is reap-steps.ts.
import { VncctlError } from '../errors.ts';
import { type ClientId, formatClientId } from './client-id.ts';
import type { Desktop } from './desktop.ts';
import type { Desktops } from './desktops.ts';
import type { CallOptions } from './engine.ts';
import { getEntry } from './images.ts';
import { getDesktop } from './list.ts';
import { forgetPause, rememberPause, rememberWoken } from './remember.ts';
import { useDesktop } from './touch.ts';
import { up, type UpResult } from './up.ts';
import type { UpOptions } from './up-run.ts';

const CAUSE = 'somebody asked for it';

/** Freezes the client's desktop; one that is paused stays as it is. DESKTOP_NOT_FOUND, CONFLICT for one that does not run or an engine that can't. */
export async function pauseDesktop(desktops: Desktops, client: ClientId, options: CallOptions): Promise<Desktop> {
  const { engine } = desktops;
  const desktop = await getDesktop(desktops, client, options);
  if (desktop.status === 'paused') return desktop;
  if (!engine.capabilities.canPause) throw new VncctlError('CONFLICT', 'this engine can not pause', { hint: 'see what it can: vncctl doctor' });
  const { container } = desktop;
  if (!container?.running || desktop.status === 'exiting') throw notRunning(client, desktop);
  // First: the daemon sees it happen wherever it was asked for.
  await rememberPause(desktops, desktop.id, CAUSE);
  try {
    await engine.containers.pause(container.id, options);
  } catch (error) {
    await forgetPause(desktops, desktop.id).catch(() => undefined);
    throw error;
  }
  return { ...desktop, status: 'paused' };
}

/** Has the client's paused desktop run on; it counts as used now. One that runs stays as it is. DESKTOP_NOT_FOUND, CONFLICT for one that was stopped or is lost. */
export async function wakeDesktop(desktops: Desktops, client: ClientId, options: CallOptions): Promise<Desktop> {
  const desktop = await getDesktop(desktops, client, options);
  const { container } = desktop;
  if (desktop.status !== 'paused' && !container?.running) throw notRunning(client, desktop);
  // First: a clock that is due must not freeze it again.
  await useDesktop(desktops, client);
  if (desktop.status !== 'paused' || !container) return desktop;
  await desktops.engine.containers.unpause(container.id, options);
  await rememberWoken(desktops, desktop.id);
  return { ...desktop, status: 'ready' };
}

/** Ends the client's desktop and starts it again, as it was made; resolves once it can be seen. DESKTOP_NOT_FOUND, and what `up` throws. */
export async function restartDesktop(desktops: Desktops, client: ClientId, options: UpOptions): Promise<UpResult> {
  const { signal } = options;
  const { containers } = desktops.engine;
  const desktop = await getDesktop(desktops, client, { signal });
  const { container } = desktop;
  if (!container) throw notRunning(client, desktop);
  const entry = getEntry(desktops.catalog, desktop.image);
  if (desktop.status === 'paused') await containers.unpause(container.id, { signal });
  await containers.stop(container.id, entry.stopGraceSeconds, { signal });
  return up(desktops, { client, entry, wishes: { env: {} }, askedImage: false, recreate: false, lease: {} }, options);
}

function notRunning(client: ClientId, { status }: Desktop): VncctlError {
  const title = formatClientId(client);
  return new VncctlError('CONFLICT', `the desktop of ${title} is ${status}`, { hint: `bring it up: vncctl up ${title}` });
}

// The second password of a desktop's screen, for connections that may only look: the VNC server takes no input from them and sends
// them no clipboard. It follows from the desktop's secret, so nothing but the secret has to be handed over or kept.
import { createHash } from 'node:crypto';
import { VncctlError } from '../errors.ts';
import type { CatalogEntry } from './catalog.ts';
import type { ProbeTarget } from './readiness.ts';

const LENGTH = 8;

/** The view-only password of a desktop with that secret: eight characters, 48 bits. The images derive the same one: templates/images/firefox-kiosk/session/start. */
export function viewOnlySecret(secret: string): string {
  const digest = createHash('sha256').update(`view-only:${secret}`).digest().subarray(0, LENGTH);
  return String.fromCharCode(...digest.map((byte) => 0x30 + (byte & 63)));
}

/** VIEW_ONLY_REFUSED where desktops of this image can't be shown without their clipboard. Absent: the catalog has no such entry any more. */
export function checkViewOnly(entry: CatalogEntry | undefined, image: string): void {
  if (entry?.viewOnly !== undefined) return;
  throw new VncctlError('VIEW_ONLY_REFUSED', `the image ${image} has no view-only password, so a view-only link would show what is copied in the desktop`, {
    hint: 'give a full link, or see viewOnly under "The catalog" in the README',
  });
}

/** The same screen for somebody who may only look; the target's secret is that of the screen. */
export function viewOnlyTarget(target: ProbeTarget): ProbeTarget {
  const { secret } = target;
  if (secret === undefined) throw viewOnlyRefused('its container was given no secret');
  return { ...target, secret: viewOnlySecret(secret) };
}

/** A desktop whose server does not take the view-only password; the reason in a few words. */
export function viewOnlyRefused(reason: string, cause?: unknown): VncctlError {
  return new VncctlError('VIEW_ONLY_REFUSED', `the desktop can not be shown view-only: ${reason}`, {
    hint: 'if its image was built before, build it again and replace the desktop: vncctl images build, vncctl up <client> --recreate',
    cause,
  });
}

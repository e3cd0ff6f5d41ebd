// What two warm desktops must have in common to stand for each other, as one short text: all that can't be changed any more when one
// gets its client. Equal keys, equal desktops for whoever takes one.
import { hashOf } from './hash.ts';
import type { Naming } from './identity.ts';
import type { DesktopSpec } from './spec.ts';

/** What a key depends on beside the description of the desktop. */
export interface PoolFacts {
  /** The very image, whatever its reference will mean tomorrow. */
  imageId: string;
  /** Where it is published; undefined for one without a port of its own. */
  publishedOn: string | undefined;
  /** How its client's name will be written. */
  naming: Naming['kind'];
  /** Seconds without a viewer after which it ends by itself. */
  idleExitSeconds: number;
  /** Whether page and size can be given to a running one, where its image can take them. */
  canFit: boolean;
  canUpdateLimits: boolean;
}

/** The variables that a running desktop needs no new container for: what they say can be given to it at its claim. */
export function fittedVariables({ entry }: Pick<DesktopSpec, 'entry'>, canFit: boolean): readonly string[] {
  const { url, width, height, secret } = entry.variables;
  return canFit && entry.ports.claim !== undefined && secret !== undefined ? [url, width, height].filter((name) => name !== undefined) : [];
}

/** The key of all desktops of this description. */
export function poolKey(spec: DesktopSpec, facts: PoolFacts): string {
  const { entry, network, limits } = spec;
  const { imageId, publishedOn = null, naming, idleExitSeconds, canFit, canUpdateLimits } = facts;
  const fitted = fittedVariables(spec, canFit);
  const env = Object.fromEntries(Object.entries(spec.env).filter(([name]) => !fitted.includes(name)));
  const { cpus, memoryBytes, ...fixed } = limits;
  const { key, user, capabilities, tmpfs, init, ports, stopGraceSeconds } = entry;
  return hashOf({
    image: { key, imageId },
    hardening: { user, capabilities, tmpfs, init, ports, stopGraceSeconds },
    network: { network, publishedOn },
    env,
    limits: canUpdateLimits ? fixed : { cpus, memoryBytes, ...fixed },
    naming,
    idleExitSeconds,
  });
}

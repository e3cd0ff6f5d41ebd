// The connection to the engine, as the settings want it: how long a call may take, and whether the networks that are made over it are
// closed to the services of this host.
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../core/engine.ts';
import type { EmbeddedWiring } from '../engine/embedded/operations.ts';
import type { Endpoint } from '../engine/endpoint.ts';
import type { HostRules } from '../engine/host-rules.ts';
import type { Settings } from '../settings.ts';

/** Whether networks are closed to the host: said by the settings, or because the engine is the embedded one, whose host vncctl may change. */
export function closesHost({ hostAccess }: Pick<Settings, 'hostAccess'>, { origin }: Pick<Endpoint, 'origin'>): boolean {
  return hostAccess === 'off' || (hostAccess === 'auto' && origin === 'embedded');
}

/** Connects lazily: nothing is dialled until the first call. */
export async function connectEngine(endpoint: Endpoint, settings: Pick<Settings, 'engineDeadline' | 'hostAccess'>, { clock, lock }: Pick<EmbeddedWiring, 'clock' | 'lock'>): Promise<Engine> {
  const { connectDocker } = await import('../engine/docker/engine.ts');
  return connectDocker(endpoint, { deadlineMs: settings.engineDeadline, ...(closesHost(settings, endpoint) ? { hostRules: () => rulesOfHost(clock, lock) } : {}) });
}

async function rulesOfHost(clock: Clock, lock: EmbeddedWiring['lock']): Promise<HostRules> {
  const [{ hostRules }, { createMachine }] = await Promise.all([import('../engine/host-rules.ts'), import('../engine/embedded/machine.ts')]);
  return hostRules(createMachine(clock, lock).run);
}

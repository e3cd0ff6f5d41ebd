// The limits of tunnels as they are where nobody sets any.
import type { TunnelLimits } from '../../src/gateway/tunnels.ts';
import { SETTINGS } from '../../src/settings.ts';

const { connectTimeout, pingInterval, viewerTimeout, maxViewers, drain } = SETTINGS;

export const DEFAULT_TUNNEL_LIMITS: TunnelLimits = {
  connectTimeoutMs: connectTimeout.default,
  pingEveryMs: pingInterval.default,
  idleTimeoutMs: viewerTimeout.default,
  maxSessions: maxViewers.default,
  drainMs: drain.default,
};

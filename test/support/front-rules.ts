// How a gateway of a test may be reached, as the daemon makes it of the settings.
import { parsePublicTemplate, publicAddressOf } from '../../src/core/public-address.ts';
import { trustProxies } from '../../src/gateway/arrival.ts';
import type { HostRules } from '../../src/gateway/checks.ts';

/** What is said of it; nothing stands in front unless it is. */
export interface FrontSettings {
  names?: readonly string[] | undefined;
  publicUrl?: string | undefined;
  trustedProxies?: readonly string[] | undefined;
}

/** The rules. */
export function frontRules({ names = [], publicUrl, trustedProxies = [] }: FrontSettings): HostRules {
  const template = publicUrl === undefined ? undefined : parsePublicTemplate(publicUrl);
  return { names, publicAddress: template && publicAddressOf(template, '127.0.0.1'), proxies: trustProxies(trustedProxies) };
}

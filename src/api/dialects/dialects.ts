// The dialects that are on, as one addition to the API; the address of health, which two of them share, is answered once.
import type { Dialect } from '../../core/dialects.ts';
import type { ApiParts } from '../parts.ts';
import type { ApiExtension, ApiRoute } from '../route.ts';
import { browserFleetRoutes } from './browser-fleet.ts';
import { curatedDesktopsRoutes } from './curated-desktops.ts';
import { healthRoute } from './health.ts';
import { kioskOrchestratorRoutes } from './kiosk-orchestrator.ts';
import { createScreenAddresses, type ScreenAddresses } from './screen-addresses.ts';

type DialectParts = ApiParts & { screens: ScreenAddresses };

const ROUTES: Readonly<Record<Dialect, (parts: DialectParts) => ApiRoute[]>> = {
  'kiosk-orchestrator': kioskOrchestratorRoutes,
  'browser-fleet': browserFleetRoutes,
  'curated-desktops': curatedDesktopsRoutes,
};

/** Routes of these dialects. */
export function dialectsExtension(dialects: readonly Dialect[]): (parts: ApiParts) => ApiExtension {
  return (parts) => {
    const all = { ...parts, screens: createScreenAddresses(parts) };
    const health = dialects.some((dialect) => dialect !== 'curated-desktops') ? [healthRoute(parts, dialects)] : [];
    return { routes: [...health, ...dialects.flatMap((dialect) => ROUTES[dialect](all))] };
  };
}

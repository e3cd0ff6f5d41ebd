// The installation itself: its images, settings, figures, and whether it is well.
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import { imageFacts, imageStatuses } from '../core/images.ts';
import { listDesktops } from '../core/list.ts';
import { isAllowed } from '../core/tokens.ts';
import type { ApiParts } from './parts.ts';
import { type ApiRoute, RawAnswer, route } from './route.ts';
import { ANSWERS } from './schemas.ts';

const tag = 'Installation';

export function installationRoutes(parts: ApiParts): ApiRoute[] {
  const { clock, version } = parts;
  return [
    route({
      method: 'GET',
      path: '/api/v1/images',
      access: 'read',
      tag,
      summary: 'the catalog, and what the engine has of it',
      answer: { schema: ANSWERS.ImageList, about: 'all of them' },
      handle: async ({ signal }) => ({ images: (await imageStatuses(await parts.images(), { signal })).map(imageFacts) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/settings',
      access: 'read',
      tag,
      summary: 'the settings, and where each comes from',
      about: 'Values that may hold a secret (hook, url, app) are told to an admin only.',
      answer: { schema: ANSWERS.SettingList, about: 'all of them' },
      handle: async ({ principal }) => ({ settings: parts.settingRows({ secrets: principal !== undefined && isAllowed(principal.scope, 'admin') }).map((row) => ({ ...row })) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/stats',
      access: 'read',
      tag,
      summary: 'how many desktops and viewers, and how the machine stands',
      answer: { schema: ANSWERS.Stats, about: 'the figures of this moment' },
      async handle({ signal }) {
        const [all, viewers] = await Promise.all([parts.desktops().then((desktops) => listDesktops(desktops, { signal })), parts.control.viewers()]);
        return {
          at: clock.now().toISOString(),
          desktops: { total: all.length, byStatus: countBy(all, ({ status }) => status), byImage: countBy(all, ({ image }) => image) },
          viewers: viewers.length,
          host: { cpus: availableParallelism(), load: loadavg(), memoryBytes: totalmem(), freeMemoryBytes: freemem() },
          daemon: { version, pid: process.pid, upSeconds: Math.round(process.uptime()), memoryBytes: process.memoryUsage.rss() },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/health',
      access: 'open',
      tag,
      summary: 'whether the daemon lives, and does its work',
      answer: { schema: ANSWERS.Health, about: 'it does its work; 503, with the same fields, where it does not' },
      async handle() {
        const state = parts.readiness();
        const body = { healthy: true as const, ready: state.ready, reason: state.ready ? null : state.reason, counts: state.ready ? { ...state.counts } : {}, version };
        return state.ready ? body : new RawAnswer({ status: 503, headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }, body: `${JSON.stringify(body)}\n` });
      },
    }),
  ];
}

function countBy<T>(entries: readonly T[], keyOf: (entry: T) => string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
  return Object.fromEntries(counts);
}

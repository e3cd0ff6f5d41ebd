// `/health` as the ancestors answer it. Where a fleet's clients are answered too it says more, which the others' clients read over.
import { z } from 'zod';
import type { Dialect } from '../../core/dialects.ts';
import type { ApiParts } from '../parts.ts';
import { type ApiRoute, RawAnswer, route } from '../route.ts';

/** Answered to everybody; 503 while the daemon can't do its work. */
export function healthRoute({ readiness, version }: ApiParts, dialects: readonly Dialect[]): ApiRoute {
  return route({
    method: 'GET',
    path: '/health',
    access: 'open',
    tag: 'Dialects',
    summary: 'whether the service works',
    hidden: true,
    answer: { schema: z.record(z.string(), z.unknown()), about: 'it does' },
    async handle() {
      const state = readiness();
      const checks = dialects.includes('browser-fleet') ? { version, checks: { engine: state.ready ? 'ok' : state.reason } } : {};
      const body = { status: state.ready ? 'ok' : 'error', ...checks };
      return state.ready ? body : new RawAnswer({ status: 503, headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }, body: `${JSON.stringify(body)}\n` });
    },
  });
}

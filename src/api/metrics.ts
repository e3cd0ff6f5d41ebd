// `/metrics`: the figures of the daemon, for whoever asks from this machine itself, or with a token that may read.
import { isLoopbackAddress } from '../core/host-header.ts';
import type { ApiParts } from './parts.ts';
import { type ApiExtension, RawAnswer, route } from './route.ts';

const PATH = '/metrics';

/** The route; `tell` gives the figures as text of that type. */
export function metricsExtension(tell: () => Promise<{ type: string; text: string }>): (parts: Pick<ApiParts, 'isFromOutside'>) => ApiExtension {
  return ({ isFromOutside }) => ({
    routes: [
      route({
        method: 'GET',
        path: PATH,
        access: 'read',
        tag: 'Installation',
        summary: 'the figures of the daemon, in the form of Prometheus',
        about: 'Needs no token from this machine itself.',
        answer: { type: 'text/plain', about: 'all of them' },
        async handle() {
          const { type, text } = await tell();
          return new RawAnswer({ headers: { 'content-type': type, 'cache-control': 'no-store' }, body: text });
        },
      }),
    ],
    async authenticate(request) {
      const isAsked = (request.url ?? '').split('?')[0] === PATH;
      return isAsked && isLoopbackAddress(request.socket.remoteAddress ?? '') && !isFromOutside(request) ? { id: 'figures', scope: 'read', isLive: async () => true } : undefined;
    },
  });
}

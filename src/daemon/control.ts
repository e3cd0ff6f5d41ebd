// What the daemon answers on its own Unix socket: the first routes of the API, open to whoever the socket's file lets in. None of
// it is reached through the door that strangers come to.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DaemonControl } from '../core/control.ts';
import type { Log } from '../core/log.ts';
import type { DesktopId } from '../core/store.ts';
import { isVncctlError } from '../errors.ts';
import { answerJson, type DoorRoutes } from './door.ts';
import { errorAnswer } from './error-json.ts';
import { wordsOf } from './words-of.ts';

/** `GET /api/v1/viewers[?desktop=<id>]` and `DELETE /api/v1/viewers/<id>[?revoke=true]`. */
export const VIEWERS_PATH = '/api/v1/viewers';

/** The routes. */
export function createControlRoutes(control: DaemonControl, log: Log): DoorRoutes {
  const answer = async (request: IncomingMessage, response: ServerResponse, { id, query }: Target): Promise<void> => {
    const allowed = id === undefined ? 'GET' : 'DELETE';
    if (request.method !== allowed) {
      response.setHeader('allow', allowed);
      return answerJson(request, response, 405, { error: { message: `only ${allowed} is answered here` } });
    }
    if (id !== undefined) return answerJson(request, response, 200, await control.endViewer(id, { revoke: query.get('revoke') === 'true' }));
    const desktop = query.get('desktop');
    answerJson(request, response, 200, { viewers: await control.viewers(desktop === null ? {} : { desktop: desktop as DesktopId }) });
  };
  return {
    request(request, response) {
      const target = targetOf(request);
      if (!target) return false;
      answer(request, response, target).catch((error: unknown) => {
        if (!isVncctlError(error)) log.write('error', 'could not answer the command line', { reason: wordsOf(error) });
        const { status, body } = errorAnswer(error);
        answerJson(request, response, status, body);
      });
      return true;
    },
    upgrade: () => false,
  };
}

interface Target {
  /** Absent: all of them. */
  id: string | undefined;
  query: URLSearchParams;
}

function targetOf({ url = '' }: IncomingMessage): Target | undefined {
  const [path = '', query] = url.split(/\?(.*)/s);
  if (path === VIEWERS_PATH) return { id: undefined, query: new URLSearchParams(query) };
  const id = path.startsWith(`${VIEWERS_PATH}/`) ? path.slice(VIEWERS_PATH.length + 1) : '';
  return /^[^/]+$/.test(id) ? { id, query: new URLSearchParams(query) } : undefined;
}

// The viewer page's own code for its time with a gateway, run without a browser: what it asks, when it tries again and what it would
// show are the page's; only the picture is missing.
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import type { AttemptEvents } from '../../src/web/viewer/connection.ts';
import { createConnection } from '../../src/web/viewer/connection.ts';
import { createGatewayDoor } from '../../src/web/viewer/gateway-door.ts';
import { createGatewaySession } from '../../src/web/viewer/gateway-session.ts';
import type { ViewerState } from '../../src/web/viewer/state.ts';
import { connectScreen, type Visit } from './gateway-visitor.ts';

export interface PageWithoutBrowser {
  /** What it would show. */
  state(): ViewerState;
  close(): void;
}

/** Opens the page of a desktop that the link was opened of already. */
export function openPage(visit: Visit): PageWithoutBrowser {
  let shown: ViewerState = 'connecting';
  const timers = {
    setTimer: (action: () => void, delayMs: number) => setTimeout(action, delayMs),
    clearTimer: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
  };
  const connection = createConnection({
    connect: (_key, events) => attempt(visit, events),
    reachable: async () => true,
    ...timers,
    onState: (state) => session.connectionIs(state === 'connected'),
  });
  const session = createGatewaySession({
    door: createGatewayDoor({ page: () => visit.page, half: { get: () => visit.headers['x-vncctl-session'], keep: () => undefined }, fetch: (url, request) => fetch(url, { ...request, headers: { ...request.headers, ...visit.headers } }), now: () => Date.now() }),
    connection,
    ...timers,
    now: () => Date.now(),
    onTicketUsed: () => undefined,
    onShow: (state) => (shown = state),
  });
  session.start(undefined);
  return { state: () => shown, close: () => session.stop() };
}

/** As noVNC: connected once the server has told its size. */
function attempt(visit: Visit, events: AttemptEvents): { close(): void } {
  let close = (): void => undefined;
  let given = true;
  const look = async (): Promise<void> => {
    const stream = await connectScreen(visit);
    close = () => stream.close();
    if (!given) close();
    await authenticate(stream, {});
    await initialise(stream);
    events.connected();
    for (;;) await stream.read(1);
  };
  look().catch(() => events.ended());
  return {
    close() {
      given = false;
      close();
    },
  };
}

// News of one of 200 desktops: from the engine's telling to the line that a follower of the API's events reads, while the daemon watches
// and sweeps; against a bare node:http that writes such a line. Engine and store are fakes.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApiServer } from '../../src/api/server.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { ContainerId } from '../../src/core/engine.ts';
import { createLifeTracker } from '../../src/core/life.ts';
import { createReaper } from '../../src/core/reap.ts';
import { startDaemon } from '../../src/daemon/daemon.ts';
import { createFakeApi } from '../support/fake-api.ts';
import { clients } from '../support/test-desktops.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';

const DESKTOPS = 200;
const LIMIT_MS = 1_000;

export function apiNews(node: NodeProgram): Scenario<unknown> {
  return {
    name: 'api-news',
    about: `news of one of ${DESKTOPS} desktops at a follower of the API`,
    rival: 'a bare node:http that writes such a line',
    limit: LIMIT_MS,
    rounds: 20,
    node: node.version,
    async prepare() {
      const { api, parts } = createFakeApi({ installation: { ports: { min: 20_000, max: 20_999 } } });
      const { containers } = api.engine;
      for (const client of clients(DESKTOPS)) await api.up({ client });
      const server = await createApiServer(parts);
      const ours = await listen((question, response) => server.handle(question, response, 'socket'));
      const news = await follow(ours.port, '/api/v1/events');
      let looked = (): void => {};
      const hasLooked = new Promise<void>((resolve) => (looked = resolve));
      const daemon = startDaemon({
        ...parts,
        reaper: createReaper({ desktops: parts.desktops, activity: parts.activity, boot: { id: 'boot', ms: () => performance.now() } }),
        life: createLifeTracker({ names: () => api.desktops.installation, clientHash: ({ client }) => client && parts.journal.hashOf(client) }),
        clock: systemClock,
        toPerson: false,
        tell: server.tell,
        onEvent: () => {},
        onState: ({ summary }) => void (summary && looked()),
      });
      // Who was there before it first looked is no news.
      await hasLooked;
      const running = api.engine.world.all.map(({ id, spec }) => ({ id, desktop: spec.labels['io.vncctl.desktop'] ?? '' }));
      const pause = async ({ id, desktop } = running.shift() ?? { id: '' as ContainerId, desktop: '' }): Promise<number> => {
        const told = news.next(`"event":"paused","desktop":"${desktop}"`);
        const before = performance.now();
        await containers.pause(id);
        await told;
        return performance.now() - before;
      };

      let write: (text: string) => void = () => {};
      const rival = await listen((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        write = (text) => void response.write(text);
      });
      const lines = await follow(rival.port, '/');
      let count = 0;
      return {
        ours: () => pause(),
        async rival() {
          const line = `data: ${JSON.stringify({ number: ++count, as: 'x'.repeat(200) })}\n\n`;
          const told = lines.next(`"number":${count},`);
          const before = performance.now();
          write(line);
          await told;
          return performance.now() - before;
        },
        async stop() {
          daemon.stop();
          await daemon.ended;
          await server.stop();
          for (const one of [news, lines, ours, rival]) one.stop();
        },
      };
    },
  };
}

/** Reads a stream of events; `next` resolves once something that holds these words has come. */
async function follow(port: number, path: string): Promise<{ next(words: string): Promise<void>; stop(): void }> {
  const sent = request({ host: '127.0.0.1', port, path, agent: false, headers: { accept: 'text/event-stream' } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let wanted: { words: string; enough: () => void } | undefined;
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (wanted && text.includes(wanted.words)) wanted.enough();
  });
  response.on('error', () => {});
  return {
    next: (words) =>
      new Promise((resolve) => {
        text = '';
        wanted = { words, enough: resolve };
      }),
    stop: () => void sent.destroy(),
  };
}

async function listen(answer: RequestListener): Promise<{ port: number; stop(): void }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() };
}

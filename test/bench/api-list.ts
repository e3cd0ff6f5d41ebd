// The API's list of 200 desktops against a bare node:http that sends the same bytes. Engine and store are fakes: what is measured
// is the way from the request to the answer, not the engine.
import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { createApiServer } from '../../src/api/server.ts';
import { createToken } from '../../src/core/tokens.ts';
import { createFakeApi } from '../support/fake-api.ts';
import { clients } from '../support/test-desktops.ts';
import type { NodeProgram } from './nodes.ts';
import type { Scenario } from './scenario.ts';

const DESKTOPS = 200;
const LIMIT_MS = 50;
const PATH = `/api/v1/desktops?limit=${DESKTOPS}`;

export function apiList(node: NodeProgram): Scenario<unknown> {
  return {
    name: 'api-list',
    about: `the API's list of ${DESKTOPS} desktops`,
    rival: 'a bare node:http with the same answer',
    limit: LIMIT_MS,
    rounds: 50,
    node: node.version,
    async prepare() {
      const { api, parts } = createFakeApi({ installation: { ports: { min: 20_000, max: 20_999 } } });
      for (const client of clients(DESKTOPS)) await api.up({ client });
      const { secret } = await createToken(api.tokens, { name: '', scope: 'read', life: 'never' }, api.clock.now());
      const server = await createApiServer(parts);
      // As if it came by the socket: a token may ask no more than 20 times a second.
      const ours = await listen((question, response) => server.handle(question, response, 'socket'));
      const ask = async (port: number): Promise<string> => {
        const sent = request({ host: '127.0.0.1', port, path: PATH, agent: false, headers: { authorization: `Bearer ${secret}` } }).end();
        const [response] = await once(sent, 'response');
        return text(response);
      };
      const body = await ask(ours.port);
      const { desktops } = JSON.parse(body) as { desktops: unknown[] };
      if (desktops.length !== DESKTOPS) throw new Error(`the API lists ${desktops.length} desktops`);
      const rival = await listen((_, response) => void response.setHeader('content-type', 'application/json').end(body));
      const timed = async (port: number): Promise<number> => {
        const before = performance.now();
        if ((await ask(port)) !== body) throw new Error('the list is another');
        return performance.now() - before;
      };
      return {
        ours: () => timed(ours.port),
        rival: () => timed(rival.port),
        async stop() {
          await server.stop();
          ours.stop();
          rival.stop();
        },
      };
    },
  };
}

async function listen(answer: RequestListener): Promise<{ port: number; stop(): void }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() };
}

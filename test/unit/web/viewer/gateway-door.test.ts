import { describe, expect, it } from 'vitest';
import { createGatewayDoor, type DoorRequest } from '../../../../src/web/viewer/gateway-door.ts';

/** A door whose server gives `answer`, with what it was asked. */
function doorTo(answer: () => Response | Promise<Response>) {
  const asked: { url: string; request: DoorRequest }[] = [];
  let held: string | undefined;
  const door = createGatewayDoor({
    half: { get: () => held, keep: (half) => void (held = half) },
    page: () => 'https://host/prefix/d/abc/?x=1#y',
    fetch: async (url, request) => {
      asked.push({ url, request });
      return answer();
    },
    now: () => 0,
  });
  return { door, asked };
}

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

describe('a ticket', () => {
  it('is posted as JSON beside the page, whatever the prefix, and stands in no address', async () => {
    const { door, asked } = doorTo(() => new Response(null, { status: 204 }));
    expect(await door.exchange('s3cret')).toEqual({ is: 'ok' });
    expect(asked.map(({ url }) => url)).toEqual(['https://host/prefix/d/abc/session']);
    expect(asked[0]?.request).toMatchObject({ method: 'POST', body: '{"ticket":"s3cret"}', credentials: 'include', headers: { 'content-type': 'application/json' } });
  });

  it("is traded for the page's half of a session, which goes with every request from then on, and into the WebSocket", async () => {
    const { door, asked } = doorTo(() => new Response(null, { status: 204, headers: { 'x-vncctl-session': '2.abc.full' } }));
    expect(door.protocols()).toEqual(['binary']);
    await door.exchange('s3cret');
    await door.look();
    await door.keep();
    expect(asked.slice(1).map(({ request }) => request.headers)).toEqual([{ 'x-vncctl-session': '2.abc.full' }, { 'x-vncctl-session': '2.abc.full' }]);
    expect(door.protocols()).toEqual(['binary', 'vncctl.session.2.abc.full']);
  });

  it('goes out in a mode in which browsers tell their Origin', async () => {
    const { door, asked } = doorTo(() => new Response(null, { status: 204 }));
    await door.exchange('s3cret');
    expect(asked[0]?.request).not.toHaveProperty('mode');
  });

  it.each([400, 401, 403])('is refused by HTTP %i', async (status) => {
    expect(await doorTo(() => new Response(null, { status })).door.exchange('x')).toEqual({ is: 'denied' });
  });

  it('is kept for another try while nobody answers who knows', async () => {
    for (const status of [404, 500, 502, 503]) expect(await doorTo(() => new Response(null, { status })).door.exchange('x')).toEqual({ is: 'silent' });
    expect(await doorTo(() => Promise.reject(new TypeError('failed to fetch'))).door.exchange('x')).toEqual({ is: 'silent' });
  });

  it('waits as long as the server asks for, within reason', async () => {
    const retryMs = async (after?: string) => {
      const answer = await doorTo(() => new Response(null, { status: 429, ...(after === undefined ? {} : { headers: { 'retry-after': after } }) })).door.exchange('x');
      return answer.is === 'busy' ? answer.retryMs : answer.is;
    };
    expect([await retryMs('3'), await retryMs(), await retryMs('0'), await retryMs('soon'), await retryMs('1e9')]).toEqual([3000, 10_000, 10_000, 10_000, 120_000]);
  });
});

describe('a look', () => {
  it('gives the state of the desktop', async () => {
    const answer = await doorTo(() => json({ status: 'paused' })).door.look();
    expect(answer).toMatchObject({ is: 'ok', desktop: { status: 'paused' } });
  });

  it('takes the word of the gateway that it is gone, but not a proxy that finds nobody behind it', async () => {
    expect(await doorTo(() => json({ status: 'gone' }, 404)).door.look()).toMatchObject({ is: 'ok', desktop: { status: 'gone' } });
    expect(await doorTo(() => json({ status: 'gone' }, 410)).door.look()).toMatchObject({ is: 'ok', desktop: { status: 'gone' } });
    expect(await doorTo(() => new Response('404 page not found', { status: 404 })).door.look()).toEqual({ is: 'silent' });
    expect(await doorTo(() => new Response('<!doctype html>', { status: 200 })).door.look()).toEqual({ is: 'silent' });
  });

  it('tells a session that is not accepted from a server that does not answer', async () => {
    expect(await doorTo(() => json({ error: {} }, 401)).door.look()).toEqual({ is: 'denied' });
    expect(await doorTo(() => json({ error: {} }, 502)).door.look()).toEqual({ is: 'silent' });
  });
});

describe('keeping', () => {
  it('succeeds with any 2xx and fails with everything else', async () => {
    expect(await doorTo(() => new Response(null, { status: 204 })).door.keep()).toBe(true);
    expect(await doorTo(() => json({})).door.keep()).toBe(true);
    expect(await doorTo(() => new Response(null, { status: 403 })).door.keep()).toBe(false);
    expect(await doorTo(() => Promise.reject(new TypeError('failed'))).door.keep()).toBe(false);
  });
});

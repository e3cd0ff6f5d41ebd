import { expect, test } from 'vitest';
import { followStream } from '../../../../src/web/dashboard/event-stream.ts';
import { eventually } from '../../../support/eventually.ts';

const stream = (...pieces: string[]): Response =>
  new Response(new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  }), { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });

/** A follower that is given these answers, one a try; its timers fire when the test says so. */
function following(...answers: (Response | Error)[]) {
  const heard: unknown[] = [];
  const asked: (string | undefined)[] = [];
  const timers: { action: () => void; delayMs: number }[] = [];
  const follower = followStream({
    async ask(lastId) {
      asked.push(lastId);
      const answer = answers.shift() ?? new Error('no more');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    listener: { opened: () => heard.push('opened'), lost: (refused) => heard.push(refused ? 'refused' : 'lost'), told: (name, data) => heard.push([name, data]) },
    setTimer: (action, delayMs) => timers.push({ action, delayMs }),
    clearTimer: () => timers.splice(0),
  });
  return { follower, heard, asked, timers };
}

test('events are told whole, however they are cut, and comments are not', async () => {
  const { heard, timers } = following(stream('retry: 500\n\nid: 1-a\nev', 'ent: created\ndata: {"a":', '1}\n\n: still here\n\n', 'data: one\r\ndata: two\r\n\r\ndata: half'));
  await eventually(() => timers.length === 1);
  expect(heard).toEqual(['opened', ['created', '{"a":1}'], ['message', 'one\ntwo'], 'lost']);
  expect(timers[0]?.delayMs).toBe(500);
});

test('after an end it is asked again behind the last event, after a failure and a refusal too', async () => {
  const { heard, asked, timers } = following(stream('id: 7-x\ndata: 1\n\n'), new Error('nobody answers'), Response.json({}, { status: 401 }), new Response('<html>', { headers: { 'content-type': 'text/html' } }));
  for (const count of [1, 2, 3, 4]) {
    await eventually(() => timers.length === count);
    timers.at(-1)?.action();
  }
  expect(asked.slice(0, 4)).toEqual([undefined, '7-x', '7-x', '7-x']);
  expect(heard.slice(0, 5)).toEqual(['opened', ['message', '1'], 'lost', 'lost', 'refused']);
});

test('after it was closed nothing is heard, and nobody is asked again', async () => {
  const { follower, heard, timers } = following(stream('data: 1\n\n'));
  follower.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect([timers, heard.includes('lost')]).toEqual([[], false]);
});

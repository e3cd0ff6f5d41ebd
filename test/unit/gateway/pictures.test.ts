import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ActivitySubject } from '../../../src/core/activity.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { VncctlError } from '../../../src/errors.ts';
import { createPictures, type Pictures } from '../../../src/gateway/pictures.ts';
import type { Picture } from '../../../src/rfb/picture.ts';
import { encodePng } from '../../../src/rfb/png.ts';
import { shrink } from '../../../src/rfb/thumbnail.ts';
import { createFakeActivity } from '../../support/fake-activity.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { flatPicture, pictureOfPng } from '../../support/pictures.ts';

const ONE = 'bcdfghjkmnpq' as DesktopId;
const OTHER = 'zxwvtsrqpnmk' as DesktopId;

interface Stand {
  pictures: Pictures;
  clock: FakeClock;
  taken: DesktopId[];
  /** What the screens show; a failure to be thrown, or nothing where it doesn't run. */
  screen: Picture | Error | undefined;
  /** Most that were taken at the same time. */
  most: number;
  /** While set, taking lasts until it resolves. */
  gate: Promise<void> | undefined;
}

function stand(): Stand {
  const clock = createFakeClock();
  let now = 0;
  const made: Stand = {
    clock,
    taken: [],
    screen: flatPicture(1000, 500, 0x336699),
    most: 0,
    gate: undefined,
    pictures: createPictures({
      clock,
      async take(id, width) {
        made.taken.push(id);
        made.most = Math.max(made.most, ++now);
        await made.gate;
        now--;
        if (made.screen instanceof Error) throw made.screen;
        return made.screen && encodePng(shrink(made.screen, width));
      },
    }),
  };
  return made;
}

const sizeOf = (png: Buffer | undefined): number[] => {
  const { width, height } = pictureOfPng(png ?? Buffer.alloc(0));
  return [width, height];
};

test('a picture is made smaller, and says when it was taken', async () => {
  const { pictures, clock } = stand();
  const found = await pictures.get(ONE, 480);
  expect(sizeOf(found?.png)).toEqual([480, 240]);
  expect(found?.takenAt).toEqual(clock.now());
});

test('of each desktop one is taken in five seconds, however many ask', async () => {
  const { pictures, clock, taken } = stand();
  const [first, second] = await Promise.all([pictures.get(ONE, 480), pictures.get(ONE, 480)]);
  expect(second).toBe(first);
  clock.advance(4_999);
  expect(await pictures.get(ONE, 480)).toBe(first);
  await pictures.get(OTHER, 480);
  expect(taken).toEqual([ONE, OTHER]);
  clock.advance(1);
  expect(await pictures.get(ONE, 480)).not.toBe(first);
  expect(taken).toEqual([ONE, OTHER, ONE]);
});

test('nobody asks, nothing is taken', async () => {
  const { pictures, clock, taken } = stand();
  await pictures.get(ONE, 480);
  clock.advance(3_600_000);
  await setImmediate();
  expect(taken).toEqual([ONE]);
});

test('whoever asks for a wider one gets it with the next, and goes on getting it while somebody with a small one asks too', async () => {
  const { pictures, clock } = stand();
  await pictures.get(ONE, 200);
  expect(sizeOf((await pictures.get(ONE, 800))?.png)[0]).toBe(200);
  clock.advance(5_000);
  expect(sizeOf((await pictures.get(ONE, 200))?.png)[0]).toBe(800);
  clock.advance(20_000);
  expect(sizeOf((await pictures.get(ONE, 200))?.png)[0]).toBe(200);
});

test('of one that does not run any more the last one is left, and of one that never ran there is none', async () => {
  const made = stand();
  const first = await made.pictures.get(ONE, 480);
  made.screen = undefined;
  made.clock.advance(60_000);
  expect(await made.pictures.get(ONE, 480)).toBe(first);
  expect(await made.pictures.get(OTHER, 480)).toBeUndefined();
});

test('a screen that can not be had just now leaves the last picture, and is not dialled for each who asks', async () => {
  const made = stand();
  const first = await made.pictures.get(ONE, 480);
  made.screen = new Error('nobody listens');
  made.clock.advance(5_000);
  expect(await made.pictures.get(ONE, 480)).toBe(first);
  expect(await made.pictures.get(ONE, 480)).toBe(first);
  expect(made.taken).toHaveLength(2);
});

test('one that is gone is told, and its picture forgotten', async () => {
  const made = stand();
  await made.pictures.get(ONE, 480);
  made.screen = new VncctlError('DESKTOP_NOT_FOUND', 'gone');
  made.clock.advance(5_000);
  await expect(made.pictures.get(ONE, 480)).rejects.toMatchObject({ code: 'DESKTOP_NOT_FOUND' });
  made.screen = undefined;
  expect(await made.pictures.get(ONE, 480)).toBeUndefined();
});

test('a picture that nobody asked for in an hour is forgotten', async () => {
  const made = stand();
  await made.pictures.get(ONE, 480);
  made.screen = undefined;
  made.clock.advance(3_600_000);
  await made.pictures.get(OTHER, 480);
  expect(await made.pictures.get(ONE, 480)).toBeUndefined();
});

test('two at once, not more', async () => {
  const made = stand();
  const ids = Array.from({ length: 9 }, (_, index) => `desktop${index}` as DesktopId);
  await Promise.all(ids.map((id) => made.pictures.get(id, 480)));
  expect(made.most).toBe(2);
  expect(made.taken.sort()).toEqual(ids);
});

test('it is never looked who is connected while a picture is taken, and none is begun during a look', async () => {
  const made = stand();
  let open = (): void => {};
  made.gate = new Promise((resolve) => (open = resolve));
  const activity = createFakeActivity(made.clock);
  activity.delayMs = 10_000;
  const apart = made.pictures.apartFrom(activity);
  const taking = made.pictures.get(ONE, 480);
  await setImmediate();
  const looking = apart.look([{ id: ONE, container: 'c' as ActivitySubject['container'], ports: [5900] }]);
  const later = made.pictures.get(OTHER, 480);
  await setImmediate();
  expect([made.taken, activity.looks]).toEqual([[ONE], []]);
  open();
  await taking;
  await made.clock.sleeping(10_000);
  expect([made.taken, activity.looks]).toEqual([[ONE], [[ONE]]]);
  made.clock.advance(10_000);
  expect((await looking).get(ONE)?.viewers).toEqual({ known: true, count: 0 });
  await later;
  expect(made.taken).toEqual([ONE, OTHER]);
});

test('a look that fails lets the pictures go on', async () => {
  const { pictures, taken } = stand();
  const apart = pictures.apartFrom({ look: () => Promise.reject(new Error('no table')), close: () => {} });
  await expect(apart.look([])).rejects.toThrow('no table');
  await pictures.get(ONE, 480);
  expect(taken).toEqual([ONE]);
});

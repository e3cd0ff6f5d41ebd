import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choosePort, liveReservations, noFreePort } from '../../../src/core/ports.ts';

const range = { min: 5000, max: 5020 };
const now = new Date('2030-01-01T12:00:00.000Z');
const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();

test('the lowest port that nobody holds is chosen, in our books and on the host; none when all are held', async () => {
  const port = fc.integer({ min: range.min, max: range.max });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(port, { maxLength: 21 }), fc.uniqueArray(port, { maxLength: 21 }), async (ours, others) => {
      const chosen = await choosePort(range, new Set(ours), '127.0.0.1', { isFree: async (_, asked) => !others.includes(asked) });
      const free = Array.from({ length: 21 }, (_, index) => range.min + index).filter((candidate) => !ours.includes(candidate) && !others.includes(candidate));
      expect(chosen).toBe(free[0]);
    }),
  );
});

test('the host is asked about the address that is published, and only about ports that our books call free', async () => {
  const asked: string[] = [];
  const isFree = async (address: string, port: number): Promise<boolean> => asked.push(`${address}:${port}`) > 1;
  expect(await choosePort(range, new Set([5000, 5002]), '0.0.0.0', { isFree })).toBe(5003);
  expect(asked).toEqual(['0.0.0.0:5001', '0.0.0.0:5003']);
});

test('a promise of a port lives as long as its process, and two minutes at most', () => {
  const reservations = [
    { port: 5000, pid: 1, at: ago(1000) },
    { port: 5001, pid: 2, at: ago(1000) },
    { port: 5002, pid: 1, at: ago(119_999) },
    { port: 5003, pid: 1, at: ago(120_000) },
  ];
  expect(liveReservations(reservations, now, (pid) => pid === 1).map(({ port }) => port)).toEqual([5000, 5002]);
});

test('a full range says who holds it and whose end would help', () => {
  expect(noFreePort(range, 21, undefined)).toMatchObject({ code: 'NO_FREE_PORT', message: 'no free port between 5000 and 5020: 21 in use (all by desktops)' });
  const failure = noFreePort(range, 19, { name: '111.444.777-35', idle: 'not used for 2h' });
  expect(failure.message).toContain('19 by desktops, 2 by other programs');
  expect(failure.hint).toContain('vncctl rm 111.444.777-35');
  expect(failure.exitCode).toBe(5);
});

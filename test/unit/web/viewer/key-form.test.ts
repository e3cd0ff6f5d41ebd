import { expect, test } from 'vitest';
import { keepKeyForm } from '../../../../src/web/viewer/key-form.ts';

const CONTROL = 0xffe3;
const LETTER = 0x61;

const plain = (keysym: number, down: boolean): Uint8Array<ArrayBuffer> => Uint8Array.of(4, Number(down), 0, 0, 0, 0, keysym >> 8, keysym & 0xff);
const qemu = (keysym: number, down: boolean): Uint8Array<ArrayBuffer> => Uint8Array.of(255, 0, 0, Number(down), 0, 0, keysym >> 8, keysym & 0xff, 0, 0, 0, 29);

test('a key that was pressed before QEMU form was known repeats and is released in the form of its press, and is free then', () => {
  const form = keepKeyForm();
  expect(form(plain(CONTROL, true))).toEqual(plain(CONTROL, true));
  expect(form(qemu(LETTER, true))).toEqual(qemu(LETTER, true));
  expect(form(qemu(CONTROL, true))).toEqual(plain(CONTROL, true));
  expect(form(qemu(CONTROL, false))).toEqual(plain(CONTROL, false));
  expect(form(qemu(LETTER, false))).toEqual(qemu(LETTER, false));
  expect(form(qemu(CONTROL, true))).toEqual(qemu(CONTROL, true));
});

test('a key that was pressed and released in the plain form leaves the later ones alone', () => {
  const form = keepKeyForm();
  form(plain(CONTROL, true));
  form(plain(CONTROL, false));
  expect(form(qemu(CONTROL, true))).toEqual(qemu(CONTROL, true));
  expect(form(qemu(CONTROL, false))).toEqual(qemu(CONTROL, false));
});

test('it reads a message where it lies in a larger buffer, as noVNC gives it', () => {
  const form = keepKeyForm();
  const inBuffer = (message: Uint8Array): Uint8Array<ArrayBuffer> => {
    const buffer = new Uint8Array(64).fill(7);
    buffer.set(message, 5);
    return buffer.subarray(5, 5 + message.length);
  };
  expect([...form(inBuffer(plain(CONTROL, true)))]).toEqual([...plain(CONTROL, true)]);
  expect([...form(inBuffer(qemu(CONTROL, false)))]).toEqual([...plain(CONTROL, false)]);
});

test.each([
  ['an answer of the handshake', Uint8Array.of(1)],
  ['sixteen bytes that answer a challenge', new Uint8Array(16).fill(255)],
  ['a movement', Uint8Array.of(5, 0, 0, 9, 0, 9)],
  ['a request of a picture', Uint8Array.of(3, 1, 0, 0, 0, 0, 5, 0, 3, 32)],
])('it leaves %s as it is', (_what, message) => {
  const form = keepKeyForm();
  form(plain(CONTROL, true));
  expect(form(message)).toBe(message);
});

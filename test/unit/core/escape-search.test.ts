// Finding the tries that lead out among many that are judged together.
import { describe, expect, test } from 'vitest';
import { findEscapes, type TestedKiosk } from '../../../src/core/escape-search.ts';
import type { EscapeTry } from '../../../src/core/escape-table.ts';

const attempt = (name: string, alone = false): EscapeTry => ({ name, steps: [], back: [], again: false, alone });
const numbered = (count: number): EscapeTry[] => Array.from({ length: count }, (_, at) => attempt(`try ${at}`));

/** Kiosks that these tries lead out of; each is counted. */
function kiosks(isOut: (made: readonly string[]) => boolean): { fresh: () => Promise<TestedKiosk>; looks: string[][]; made: () => number } {
  const looks: string[][] = [];
  let count = 0;
  const fresh = async (): Promise<TestedKiosk> => {
    count++;
    const made: string[] = [];
    return {
      make: async ({ name }) => void made.push(name),
      trouble: async () => {
        looks.push([...made]);
        return isOut(made) ? 'another page is there' : undefined;
      },
    };
  };
  return { fresh, looks, made: () => count };
}

const quiet = { signal: new AbortController().signal, onProgress: () => {}, onEscape: () => {} };

describe('findEscapes', () => {
  test('makes all tries at one desktop with few looks where none leads out', async () => {
    const { fresh, looks, made } = kiosks(() => false);
    expect(await findEscapes(numbered(350), fresh, quiet)).toEqual({ tries: 350, escapes: [], unconfirmed: [], stoppedEarly: false });
    expect(made()).toBe(1);
    expect(looks.length).toBeLessThan(6);
  });

  test('names each that leads out, and goes on with a fresh desktop', async () => {
    const { fresh } = kiosks((names) => names.includes('try 17') || names.includes('try 18') || names.includes('try 180'));
    const { escapes, tries } = await findEscapes(numbered(200), fresh, quiet);
    expect(escapes).toEqual(['try 17', 'try 18', 'try 180'].map((name) => ({ name, why: 'another page is there' })));
    expect(tries).toBe(200);
  });

  test('judges one by itself that has to be', async () => {
    const { fresh, looks } = kiosks(() => false);
    await findEscapes([attempt('a'), attempt('b', true), attempt('c')], fresh, quiet);
    expect(looks.map((names) => names.length)).toEqual([1, 2, 3, 3]);
  });

  test('names the tries that lead out together only', async () => {
    const { fresh } = kiosks((names) => names.includes('try 1') && names.includes('try 8'));
    const { escapes } = await findEscapes(numbered(10), fresh, quiet);
    expect(escapes).toEqual([{ name: 'try 0 to try 9, one after another', why: 'another page is there' }]);
  });

  test('tells apart what was seen once and not again', async () => {
    let looks = 0;
    const { fresh } = kiosks(() => ++looks === 1);
    expect(await findEscapes(numbered(10), fresh, quiet)).toMatchObject({ escapes: [], unconfirmed: [{ name: 'try 0 to try 9, one after another' }] });
  });

  test('stops where nearly all lead out', async () => {
    const { fresh } = kiosks((names) => names.length > 0);
    const { escapes, stoppedEarly } = await findEscapes(numbered(1000), fresh, quiet);
    expect(escapes.length).toBeGreaterThanOrEqual(20);
    expect(stoppedEarly).toBe(true);
  });

  test('ends with the signal', async () => {
    const { fresh } = kiosks(() => false);
    await expect(findEscapes(numbered(3), fresh, { ...quiet, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

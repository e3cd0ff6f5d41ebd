// Long lists a few rows a frame: hundreds in one go would keep the page from answering.
import { useEffect, useState } from 'preact/hooks';

const AT_ONCE = 12;

/** How many of `count` rows are to be there by now. Begins anew where `list` is another. */
export function useSlices(count: number, list: string): number {
  const [slices, setSlices] = useState({ list, drawn: AT_ONCE });
  const drawn = slices.list === list ? slices.drawn : AT_ONCE;
  useNextFrame(drawn < count, () => setSlices({ list, drawn: drawn + AT_ONCE }), [drawn, count, list]);
  return drawn;
}

/** What the row of that index is to show of a value that concerns all of `count`: the rows get a new one from the top on. One that comes meanwhile waits until all have the one before, or the rest would skip to it in one go. */
export function useSliced<T>(value: T, count: number): (index: number) => T {
  const [turn, setTurn] = useState({ value, before: value, upTo: count });
  const isUnderWay = turn.upTo < count;
  useNextFrame(
    isUnderWay || turn.value !== value,
    () => setTurn(isUnderWay ? { ...turn, upTo: turn.upTo + AT_ONCE } : { value, before: turn.value, upTo: AT_ONCE }),
    [value, turn, count],
  );
  return (index) => (index < turn.upTo ? turn.value : turn.before);
}

function useNextFrame(isWanted: boolean, work: () => void, inputs: readonly unknown[]): void {
  useEffect(() => {
    if (!isWanted) return;
    const frame = requestAnimationFrame(work);
    return () => cancelAnimationFrame(frame);
  }, [isWanted, ...inputs]);
}

import { describe, expect, it } from 'vitest';
import { DEFAULT_PREFERENCES, levelsOf, parsePreferences, preferenceStore } from '../../../../src/web/viewer/preferences.ts';

describe('what a person chose about the picture', () => {
  it('falls back to the default for anything missing, damaged or unknown', () => {
    for (const text of [null, '', '{', 'null', '7', '{"size":"huge","quality":3}']) {
      expect(parsePreferences(text)).toEqual(DEFAULT_PREFERENCES);
    }
  });

  it('keeps the good half of a half-damaged choice', () => {
    expect(parsePreferences('{"size":"remote","quality":"?"}')).toEqual({ size: 'remote', quality: 'medium' });
  });

  it('comes back from storage', () => {
    const values = new Map<string, string>();
    const store = preferenceStore(() => ({
      getItem: (name) => values.get(name) ?? null,
      setItem: (name, value) => void values.set(name, value),
      removeItem: (name) => void values.delete(name),
    }));
    store.save({ size: 'original', quality: 'high' });
    expect(store.load()).toEqual({ size: 'original', quality: 'high' });
  });

  it('gets sharper, never more compressed, with the quality', () => {
    const levels = (['low', 'medium', 'high'] as const).map(levelsOf);
    expect(levels.map((level) => level.quality)).toEqual([2, 6, 9]);
    expect(levels.map((level) => level.compression)).toEqual([6, 2, 1]);
  });
});

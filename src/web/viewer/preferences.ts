// What a person chose about the picture, remembered in this browser.

import type { KeyStorage } from './key.ts';

/** How the desktop's screen and the window are fitted to each other. */
export type SizeMode = 'scale' | 'remote' | 'original';
/** Picture quality against traffic. */
export type Quality = 'low' | 'medium' | 'high';

export interface Preferences {
  size: SizeMode;
  quality: Quality;
}

const NAME = 'vncctl-viewer';
const SIZES: readonly SizeMode[] = ['scale', 'remote', 'original'];
const QUALITIES: readonly Quality[] = ['low', 'medium', 'high'];

export const DEFAULT_PREFERENCES: Preferences = { size: 'scale', quality: 'medium' };

/** noVNC's JPEG quality and compression levels for a choice. */
export function levelsOf(quality: Quality): { quality: number; compression: number } {
  switch (quality) {
    case 'low':
      return { quality: 2, compression: 6 };
    case 'medium':
      return { quality: 6, compression: 2 };
    case 'high':
      return { quality: 9, compression: 1 };
  }
}

/** Reads stored choices; anything missing, damaged or unknown falls back to the default. */
export function parsePreferences(text: string | null): Preferences {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? '{}');
  } catch {
    stored = {};
  }
  const field = (name: string): unknown =>
    typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>)[name] : undefined;
  return {
    size: SIZES.find((size) => size === field('size')) ?? DEFAULT_PREFERENCES.size,
    quality: QUALITIES.find((quality) => quality === field('quality')) ?? DEFAULT_PREFERENCES.quality,
  };
}

/** Loads and saves choices; a browser that refuses storage forgets them with the page. */
export function preferenceStore(storage: () => KeyStorage): { load(): Preferences; save(value: Preferences): void } {
  return {
    load() {
      try {
        return parsePreferences(storage().getItem(NAME));
      } catch {
        return DEFAULT_PREFERENCES;
      }
    },
    save(value) {
      try {
        storage().setItem(NAME, JSON.stringify(value));
      } catch {
        // Nothing to do: the choice still holds on this page.
      }
    },
  };
}

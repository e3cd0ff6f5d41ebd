// The desktop's key: read from the page's fragment, which browsers send to no server, and kept for
// reloads of this tab only.

const STORAGE_PREFIX = 'vncctl-key:';

/** The part of `Storage` that is used, so that tests can pass a map. */
export interface KeyStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** The key of a fragment such as `#key=s3cret`; undefined when there is none or it is empty. */
export function keyFromFragment(fragment: string): string | undefined {
  const key = new URLSearchParams(fragment.replace(/^#/, '')).get('key');
  return key === null || key === '' ? undefined : key;
}

/** The fragment without its key, `''` or starting with `#`; other parameters stay. */
export function fragmentWithoutKey(fragment: string): string {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  parameters.delete('key');
  const rest = parameters.toString();
  return rest === '' ? '' : `#${rest}`;
}

/** Keys kept per page path, so that two desktops behind one gateway don't share one. */
export interface KeyRing {
  get(): string | undefined;
  keep(key: string): void;
  forget(): void;
}

/** A key ring over a tab's storage for the page at `path`. Storage that is refused counts as empty. */
export function keyRing(storage: () => KeyStorage, path: string): KeyRing {
  const name = STORAGE_PREFIX + path;
  const attempt = <T>(action: (storage: KeyStorage) => T): T | undefined => {
    try {
      return action(storage());
    } catch {
      return undefined; // Storage is refused in some private windows; the key then lasts as long as the page.
    }
  };
  return {
    get: () => attempt((place) => place.getItem(name)) ?? undefined,
    keep: (key) => void attempt((place) => place.setItem(name, key)),
    forget: () => void attempt((place) => place.removeItem(name)),
  };
}

// The secret that a link brought, or the page's half of what it was traded for, kept for reloads of this tab only.

import type { SecretName } from './fragment.ts';

/** The part of `Storage` that is used, so that tests can pass a map. */
export interface KeyStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** Secrets kept per page path, so that two desktops behind one gateway don't share one. */
export interface KeyRing {
  get(): string | undefined;
  keep(key: string): void;
  forget(): void;
}

/** A key ring over a tab's storage for the page at `path`. Storage that is refused counts as empty. */
export function keyRing(storage: () => KeyStorage, path: string, secret: SecretName | 'session'): KeyRing {
  const name = `vncctl-${secret}:${path}`;
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

/** The same ring for a page that can't do without what it kept: while the page lasts that is known, whatever storage says. */
export function remembered(ring: KeyRing): KeyRing {
  let known = ring.get();
  return {
    get: () => known,
    keep(key) {
      known = key;
      ring.keep(key);
    },
    forget() {
      known = undefined;
      ring.forget();
    },
  };
}

// The page's half of a sign-in. A reload of the tab finds it again; another tab, and a page of another port, do not.
import type { SessionHalf } from './api.ts';

const NAME = 'vncctl-session';

/** The half that a tab's storage holds. Where storage is refused, as in some private windows, it lasts as long as the page. */
export function tabHalf(storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): SessionHalf {
  const attempt = <T>(action: (place: ReturnType<typeof storage>) => T): T | undefined => {
    try {
      return action(storage());
    } catch {
      return undefined;
    }
  };
  let held = attempt((place) => place.getItem(NAME)) ?? undefined;
  return {
    get: () => held,
    keep(half) {
      held = half;
      attempt((place) => place.setItem(NAME, half));
    },
    forget() {
      held = undefined;
      attempt((place) => place.removeItem(NAME));
    },
  };
}

// What warm desktops need, in memory: locks that a test can hold, and desktops that take a page once, as the kiosk does.
import type { WarmTools } from '../../src/core/desktops.ts';
import type { FittingPlace, PageRequest } from '../../src/core/fitting.ts';
import { VncctlError } from '../../src/errors.ts';

export interface FakeWarmTools extends WarmTools {
  /** Ids of the desktops that somebody has in hand now. */
  readonly held: Set<string>;
  /** Each page that was opened and each size that was given, as `open https://…`, in order. */
  readonly told: readonly string[];
  /** Fails every page from now on; undefined ends that. */
  failure: Error | undefined;
  /** Somebody uses the desktop there, or a claim was done: it takes no page any more. */
  close(place: Pick<FittingPlace, 'host'>): void;
}

/** Nothing is held, nobody was told anything. */
export function createFakeWarmTools(): FakeWarmTools {
  const held = new Set<string>();
  const closed = new Set<string>();
  const told: string[] = [];
  const tools: FakeWarmTools = {
    held,
    told,
    failure: undefined,
    close: ({ host }) => void closed.add(host),
    locks: {
      async tryTake({ desktopId }) {
        if (held.has(desktopId)) return undefined;
        held.add(desktopId);
        return async () => void held.delete(desktopId);
      },
    },
    async openPage({ host }, _secret, request, { signal, unanswered }) {
      signal.throwIfAborted();
      if (tools.failure) throw tools.failure;
      if (closed.has(host)) throw new VncctlError('CLAIM_REFUSED', 'the desktop takes no other page: it is in use');
      closed.add(host);
      told.push(`${words(request)}${unanswered ? ', unanswered' : ''}`);
    },
    async resizeScreen(_place, _secret, { width, height }, { signal }) {
      signal.throwIfAborted();
      told.push(`size ${width}x${height}`);
    },
  };
  return tools;
}

const words = ({ url, clientLabel }: PageRequest): string => ['open', url ?? 'the page that is there', ...(clientLabel === undefined ? [] : [`for ${clientLabel}`])].join(' ');

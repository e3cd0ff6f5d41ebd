// Long work, so that it can be asked about and followed while it is done: each has an id, tells its phases as events, and is
// remembered for an hour after its end.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { type ErrorBody, errorAnswer } from '../core/error-json.ts';
import type { Phase } from '../core/up-run.ts';
import { VncctlError } from '../errors.ts';
import type { Principal } from './route.ts';

/** How an operation stands. Times are ISO-8601 UTC. */
export interface OperationState {
  id: string;
  kind: string;
  status: 'running' | 'done' | 'failed';
  startedAt: string;
  endedAt: string | null;
  phases: Phase[];
  /** What the request would have answered by itself: may hold a secret, for whoever asked only. */
  result: unknown;
  error: ErrorBody['error'] | null;
}

/** What everybody may follow of an operation. */
export interface OperationNews {
  operation: string;
  kind: string;
  status: OperationState['status'];
  /** The desktop it was about; null until that is known. */
  desktop: string | null;
  phase?: Phase;
  line?: string;
  code?: string;
}

export interface Operations {
  /** Begins; `done` settles as the work does. */
  begin<T>(kind: string, owner: Principal | undefined, work: (progress: (news: Phase | { line: string }) => void) => Promise<T>): { id: string; done: Promise<T> };
  /** That of this principal; an admin sees all. OPERATION_NOT_FOUND. */
  get(id: string, asker: Principal | undefined): OperationState;
  /** Resolves once nothing is under way. */
  settled(): Promise<void>;
}

const KEPT_MS = 3_600_000;
const MOST_KEPT = 1_000;

/** None so far. */
export function createOperations({ clock, publish }: { clock: Clock; publish: (news: OperationNews) => void }): Operations {
  const known = new Map<string, { state: OperationState; owner: Principal | undefined }>();
  const running = new Set<Promise<unknown>>();

  const forgetOld = (): void => {
    const oldest = clock.now().getTime() - KEPT_MS;
    for (const [id, { state }] of known) {
      const isOver = state.endedAt !== null && (Date.parse(state.endedAt) < oldest || known.size >= MOST_KEPT);
      if (isOver) known.delete(id);
    }
  };

  return {
    begin(kind, owner, work) {
      forgetOld();
      const state: OperationState = { id: randomBytes(8).toString('hex'), kind, status: 'running', startedAt: clock.now().toISOString(), endedAt: null, phases: [], result: null, error: null };
      known.set(state.id, { state, owner });
      const tell = (news: Pick<OperationNews, 'phase' | 'line' | 'code'> = {}): void => publish({ operation: state.id, kind, status: state.status, desktop: desktopIn(state.result), ...news });
      tell();
      const done = (async () => {
        try {
          const result = await work((news) => {
            if ('line' in news) return tell({ line: news.line });
            state.phases.push(news);
            tell({ phase: news });
          });
          Object.assign(state, { status: 'done', result, endedAt: clock.now().toISOString() });
          tell();
          return result;
        } catch (error) {
          const { body } = errorAnswer(error);
          Object.assign(state, { status: 'failed', error: body.error, endedAt: clock.now().toISOString() });
          tell({ code: body.error.code });
          throw error;
        }
      })();
      running.add(done);
      done.finally(() => running.delete(done)).catch(() => {});
      return { id: state.id, done };
    },
    get(id, asker) {
      const found = known.get(id);
      if (!found || !asker || (asker.scope !== 'admin' && found.owner?.id !== asker.id)) {
        throw new VncctlError('OPERATION_NOT_FOUND', `there is no operation "${id}"`, { hint: 'they are remembered for an hour, and until the daemon ends' });
      }
      return found.state;
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}

function desktopIn(result: unknown): string | null {
  const { id } = (result ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : null;
}

// What is counted and measured while somebody asks for figures, and the twin that does nothing for while nobody does. Holds no client
// ids: what tells one figure from another is a closed set of words, or a key of the catalog. Implemented in daemon/metrics.ts.
import type { ErrorCode } from '../errors.ts';
import type { LifeEventKind } from './journal.ts';
import type { ReapStep } from './reap-plan.ts';
import type { ReapOutcome } from './reap-steps.ts';
import type { UpOutcome } from './up-plan.ts';

/** A request that was answered; `route` is its template. */
export interface AnsweredRequest {
  method: string;
  route: string;
  status: number;
}

export interface Metrics {
  /** An `up` that this process did. */
  broughtUp(outcome: UpOutcome | 'failed'): void;
  /** One part of the way of it. */
  phase(name: string, ms: number): void;
  /** Something happened in the life of a desktop, whoever did it. */
  happened(event: LifeEventKind): void;
  /** A sweep carried a step out, or not. */
  reaped(step: { do: ReapStep['do']; clock: ReapStep['clock']; result: ReapOutcome['result'] }): void;
  swept(ms: number, succeeded: boolean): void;
  /** The engine was asked; `code` of its failure. */
  asked(call: string, ms: number, code?: ErrorCode | 'OTHER'): void;
  answered(request: AnsweredRequest, ms: number): void;
}

/** Counts nothing. */
export const noMetrics: Metrics = { broughtUp() {}, phase() {}, happened() {}, reaped() {}, swept() {}, asked() {}, answered() {} };

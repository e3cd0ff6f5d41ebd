// How core learns how far a starting desktop is. Implemented in rfb/ and by the tests' fake.
import type { ReadyStage } from './catalog.ts';

/** Where a desktop's RFB stream is reached from here, and the secret it asks for (absent: it asks for none). */
export type ProbeTarget = ({ kind: 'tcp'; host: string; port: number } | { kind: 'websocket'; url: string }) & { secret?: string };

export interface ProbeOptions {
  /** Ends the wait, which has no deadline of its own; `waitFor` then rejects with the signal's reason. */
  signal: AbortSignal;
  /** Called as soon as each stage after `running` is reached: in order, once each. */
  onStage?: (stage: ReadyStage) => void;
}

export interface DesktopProbe {
  /**
   * Resolves once the desktop has reached the stage. Waits for a server that is not up yet and comes back to one that goes away.
   * Fails at once with SECRET_REFUSED, VNC_REFUSED (turned away for another reason) or NOT_VNC.
   */
  waitFor(stage: ReadyStage, target: ProbeTarget, options: ProbeOptions): Promise<void>;
}

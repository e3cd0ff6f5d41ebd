// `up --dry-run`: what `up` would do now, and what would become of it where the host has no room. Changes nothing.
import { needsOf } from './admission.ts';
import type { Desktops } from './desktops.ts';
import { formatDuration } from './duration.ts';
import { findGivingWay } from './giving-way.ts';
import { newDesktopId } from './identity.ts';
import { findLack, type PlaceWish } from './start-place.ts';
import { observeAndPlan } from './up.ts';
import { renderPlan, type UpPlan } from './up-plan.ts';
import { questionOf, type UpRequest } from './up-run.ts';

/** What has to happen before there is room. `make-way`: warm desktops go. */
export interface ForeseenLack {
  next: 'refuse' | 'wait' | 'make-way';
  /** What it would fail with if nothing changed. */
  code: string;
  message: string;
  /** How many others wait already. */
  ahead: number;
  /** How long it would wait at most, in milliseconds. */
  queueMs?: number;
}

export interface DryRun extends UpPlan {
  /** Absent where there is room, where none is needed, and where nobody can tell. */
  lack?: ForeseenLack;
}

/** What `up` would do now. Throws what looking and planning throw. */
export async function dryRunUp(desktops: Desktops, request: UpRequest): Promise<DryRun> {
  const question = questionOf(desktops, request);
  const plan = await observeAndPlan(desktops, question);
  const wish = wishOf(plan, needsOf(question.spec.entry, question.spec.limits.memoryBytes));
  const found = wish && (await findLack(desktops, wish));
  if (!found) return plan;
  const { lack, ahead } = found;
  const { code, message } = lack.failure;
  const { queueMs } = request;
  const makesWay = ahead === 0 && (await findGivingWay(desktops, lack)).length > 0;
  const next = makesWay ? 'make-way' : queueMs === undefined ? 'refuse' : 'wait';
  return { ...plan, lack: { next, code, message, ahead, ...(queueMs === undefined ? {} : { queueMs }) } };
}

/** The place that the plan asks for; undefined for none, and for that of a desktop that goes first. */
function wishOf({ steps }: UpPlan, bytes: number): PlaceWish | undefined {
  if (steps.some((step) => step.do === 'wait-for-removal' || (step.do === 'create' && step.instead?.holdsMemory === true))) return undefined;
  for (const step of steps) {
    if (step.do === 'start' && step.desktop !== undefined) return { desktop: step.desktop, bytes };
    // One that is replaced leaves its port. Behind a gateway none is needed, or that shows once the network is there.
    const needsPort = step.do === 'create' && step.door === 'direct' && step.instead?.hostPort === undefined;
    if (step.do === 'create') return { desktop: newDesktopId(), bytes, ...(needsPort ? { port: { refused: new Set() } } : {}) };
  }
  return undefined;
}

/** The plan as a person reads it, one line a step, after what has to happen first. */
export function renderDryRun(plan: DryRun): string {
  return plan.lack ? `${lackText(plan.lack)}: ${plan.lack.message}\n${renderPlan(plan)}` : renderPlan(plan);
}

function lackText({ next, code, ahead, queueMs = 0 }: ForeseenLack): string {
  switch (next) {
    case 'refuse':
      return `be refused with ${code}, unless there is room by then`;
    case 'wait':
      return `wait for room for ${formatDuration(queueMs)} at most, at place ${ahead + 1} of ${ahead + 1}`;
    case 'make-way':
      return 'remove warm desktops that give way';
    default:
      return next satisfies never;
  }
}

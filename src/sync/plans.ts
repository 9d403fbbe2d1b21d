import { endOfSecond } from '../time.js';
import type { Bounds, Entry, Walk } from './entry.js';
import { interruptedRange } from './fold.js';
import { floorOf, needOf } from './need.js';
import type { PassPlan } from './pass.js';

/**
 * Phase 1: what is at or below the oldest pipeline of an interrupted walk, and what was created in the same second.
 * Undefined without such a walk.
 */
export function finishPlan(entry: Entry, bounds: Bounds): PassPlan | undefined {
  return entry.walk && planUpTo(endOfSecond(entry.walk.oldest), entry, bounds);
}

/** Phase 2: everything from the top, but what phase 1 of this run has visited. */
export function catchUpPlan(entry: Entry, bounds: Bounds, finished: Walk | undefined): PassPlan {
  const visitedFrom = endOfSecond(finished?.oldest ?? Number.NEGATIVE_INFINITY);
  return {
    floor: floorOf(entry, bounds),
    newest: Number.POSITIVE_INFINITY,
    need: (id, created) => (created <= visitedFrom ? undefined : needOf(id, created, entry, bounds)),
  };
}

/** A backfill: the whole range, or the rest of it if the same was interrupted. */
export function rangePlan(entry: Entry, bounds: Bounds): PassPlan {
  const reached = interruptedRange(entry, bounds)?.oldest ?? Number.POSITIVE_INFINITY;
  return planUpTo(endOfSecond(reached), entry, bounds);
}

function planUpTo(newest: number, entry: Entry, bounds: Bounds): PassPlan {
  return {
    floor: floorOf(entry, bounds),
    newest,
    need: (id, created) => (created > newest ? undefined : needOf(id, created, entry, bounds)),
  };
}

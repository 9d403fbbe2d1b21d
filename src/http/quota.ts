import type { Family, RateLimit } from './rate-limit.js';
import { longestNamedWaitMs } from './retry.js';

/** What is known of the requests a server still allows, from the headers of its answers. */
export interface Quota {
  /** What the server said was left, not counting requests that were unanswered then. */
  readonly remaining: number;
  /** When it is renewed, by the pace's clock; undefined while `remaining` is only an assumption after a reset. */
  readonly resetAt: number | undefined;
  /** What is assumed to be left after a reset; undefined where the server names no limit. */
  readonly limit: number | undefined;
  /** How many requests had been sent when this was learnt: later ones know better. */
  readonly sentBy: number;
}

/** A server may count several quotas, and refuses when any one is used up. */
export type Quotas = ReadonlyMap<Family, Quota>;

/** The quotas after an answer: each that it names is learnt, each other one has been used. */
export function learnQuotas(
  quotas: Quotas,
  said: ReadonlyMap<Family, RateLimit>,
  at: { sequence: number; sent: number; now: number },
): Quotas {
  const families = new Set([...quotas.keys(), ...said.keys()]);
  return mapQuotas(families, (family) => {
    const quota = quotas.get(family);
    const limit = said.get(family);
    return limit === undefined ? spendQuota(quota) : learnQuota(quota, limit, at);
  });
}

/** The quotas at `now`. */
export function renewQuotas(quotas: Quotas, sent: number, now: number): Quotas {
  const isDue = [...quotas.values()].some((quota) => renewQuota(quota, sent, now) !== quota);
  if (!isDue) return quotas;
  return mapQuotas(quotas.keys(), (family) => renewQuota(quotas.get(family), sent, now));
}

/** The longest wait that a quota asks for, and which one; undefined when none does. */
export function longestQuotaWait(
  quotas: Quotas,
  inFlight: number,
  now: number,
): { waitMs: number; family: Family } | undefined {
  let longest: { waitMs: number; family: Family } | undefined;
  for (const [family, quota] of quotas) {
    const waitMs = quotaWaitMs(quota, inFlight, now);
    if (waitMs > (longest?.waitMs ?? 0)) longest = { waitMs, family };
  }
  return longest;
}

function mapQuotas(families: Iterable<Family>, made: (family: Family) => Quota | undefined): Quotas {
  const quotas = new Map<Family, Quota>();
  for (const family of families) {
    const quota = made(family);
    if (quota !== undefined) quotas.set(family, quota);
  }
  return quotas;
}

/**
 * The quota after an answer.
 * @param sequence the number of the request that was answered
 * @param sent how many requests have been sent by now
 */
function learnQuota(
  quota: Quota | undefined,
  said: RateLimit,
  at: { sequence: number; sent: number; now: number },
): Quota | undefined {
  // Such a reset is a date or a mistake; should the server refuse, it names a wait.
  if (said.resetMs > longestNamedWaitMs) return quota;
  const { remaining, limit } = said;
  const resetAt = at.now + said.resetMs;
  const fresh = { remaining, resetAt, limit, sentBy: at.sent };
  if (quota === undefined) return fresh;
  // A reset in whole seconds is rounded up: the earliest that was named is the nearest to the truth.
  const earliest = quota.resetAt === undefined ? resetAt : Math.min(quota.resetAt, resetAt);
  if (at.sequence > quota.sentBy) {
    return remaining > quota.remaining ? fresh : { ...fresh, resetAt: earliest };
  }
  // Just after a reset, answers to earlier requests may still speak of the time before it.
  if (quota.resetAt === undefined) return quota;
  // Answers overtake each other; the lowest was given last.
  return { ...quota, remaining: Math.min(quota.remaining, remaining), resetAt: earliest };
}

/** The quota after an answer that said nothing about it, but has used it. */
function spendQuota(quota: Quota | undefined): Quota | undefined {
  if (quota === undefined) return undefined;
  // A server that has stopped to tell is not to be held to what was assumed.
  if (quota.resetAt === undefined && quota.remaining <= 1) return undefined;
  return { ...quota, remaining: quota.remaining - 1 };
}

/** The quota at `now`: after its reset a full one is assumed until an answer tells. */
function renewQuota(quota: Quota | undefined, sent: number, now: number): Quota | undefined {
  if (quota?.resetAt === undefined || now < quota.resetAt) return quota;
  if (quota.limit === undefined) return undefined;
  return { remaining: quota.limit, resetAt: undefined, limit: quota.limit, sentBy: sent };
}

/** Milliseconds until one more request may be sent; Infinity means until an answer comes. */
function quotaWaitMs(quota: Quota | undefined, inFlight: number, now: number): number {
  if (quota === undefined || quota.remaining > inFlight) return 0;
  if (quota.resetAt !== undefined) return Math.max(0, quota.resetAt - now);
  return inFlight > 0 ? Number.POSITIVE_INFINITY : 0;
}

import { minute, parseHttpDate, secondOf } from '../time.js';

/** How far the server's clock and ours may be apart before it is worth a warning. */
const tolerance = 10 * minute;

/** When a run started, and what to warn of. */
export interface StartOfRun {
  /** Whole seconds, in milliseconds since 1970. */
  readonly now: number;
  /** A sentence, where the two clocks disagree or the server tells no time. */
  readonly warning: string | undefined;
}

/**
 * The start of a run by the `Date` header of its first answer, which arrived at `local` by our own clock.
 * When the two are far apart the earlier counts: a start that is too early reads rows twice, one that is too
 * late loses them.
 */
export function startOfRun(date: string | undefined, local: number): StartOfRun {
  const server = parseHttpDate(date);
  if (server === undefined) {
    const found = date === undefined ? 'no Date header' : `the Date header ${JSON.stringify(date)}`;
    return {
      now: secondOf(local),
      warning: `The first answer has ${found}; the run goes by this machine's clock. Make sure that it is right.`,
    };
  }
  if (Math.abs(server - local) <= tolerance) return { now: secondOf(server), warning: undefined };
  const apart = Math.round(Math.abs(server - local) / minute);
  return {
    now: secondOf(Math.min(server, local)),
    warning:
      `The server's clock says ${new Date(server).toISOString()}, this machine's ${apart} minutes ` +
      `${server > local ? 'less' : 'more'}; the run goes by the earlier. Set the clock that is wrong.`,
  };
}

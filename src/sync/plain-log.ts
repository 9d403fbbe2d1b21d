import { stripVTControlCharacters } from 'node:util';

/** The time of a line as Buildkite's agent marks it: https://buildkite.com/docs/pipelines/configure/managing-log-output */
const timeMark = /\p{Cc}_bk;t=\d+\p{Cc}/gu;
/** A job's log as a person reads it: without colours, and without the marks of its lines' times. */
export function plainLog(text: string): string {
  return stripVTControlCharacters(text.replace(timeMark, ''));
}

/**
 * The last bytes of a log in that form. What the cut goes through the middle of is left out, if the log begins early
 * enough to tell: a character, a colour, a mark, or a secret that would not be known by its second half.
 * @param redacted stars secrets
 */
export function plainEnd(log: string, bytes: number, redacted: (text: string) => string): string {
  const whole = redacted(plainLog(log));
  const all = Buffer.from(log);
  if (all.length <= bytes) return whole;
  return commonEnd(whole, redacted(plainLog(all.subarray(all.length - bytes).toString())));
}

function commonEnd(one: string, other: string): string {
  let length = 0;
  while (length < other.length && one.at(-1 - length) === other.at(-1 - length)) length++;
  return other.slice(other.length - length);
}

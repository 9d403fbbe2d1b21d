import { stripVTControlCharacters } from 'node:util';

/** The time of a line as Buildkite's agent marks it: https://buildkite.com/docs/pipelines/configure/managing-log-output */
const timeMark = /\p{Cc}_bk;t=\d+\p{Cc}/gu;
/** What a cut through the middle of a character leaves. */
const torn = /^\uFFFD+/;

/** A job's log as a person reads it: without colours, and without the marks of its lines' times. */
export function plainLog(text: string): string {
  return stripVTControlCharacters(text.replace(timeMark, '')).replace(torn, '');
}

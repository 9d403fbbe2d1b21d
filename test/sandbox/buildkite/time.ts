export { DAY, HOUR, MINUTE, SECOND } from '../rows.js';

/** What the REST API has nearly everywhere: milliseconds and a Z. */
export const withMilliseconds = (time: number): string => new Date(Math.floor(time)).toISOString();

export const orNull = (time: number | undefined): string | null =>
  time === undefined ? null : withMilliseconds(time);

/** `2025-07-16 06:07:42 UTC`, of the access-token endpoint, webhooks and old recordings; the docs still have it. */
export const spelledOut = (time: number): string =>
  `${withMilliseconds(time).slice(0, 19).replace('T', ' ')} UTC`;

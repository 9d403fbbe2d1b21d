import type { HttpStatistics } from '../http/client.js';
import type { Run } from '../sync/run.js';
import { second } from '../time.js';

const count = (number: number) => number.toLocaleString('en');
const inSeconds = (milliseconds: number) => `${(milliseconds / second).toFixed(1)} s`;

/** What a run did, for the last screen of its log. `elapsed` in milliseconds. */
export function summary({ rows, failures }: Run, statistics: HttpStatistics, elapsed: number): string[] {
  const { requests, retries, refused, waitedForLimit } = statistics;
  const perStream = [...rows].map(([stream, written]) => `${count(written)} ${stream}`).join(', ');
  const lines = [
    `Rows: ${perStream}.`,
    `Requests: ${count(requests)}, ${count(retries)} of them repeated, ${count(refused)} refused for a rate limit; ` +
      `waited ${inSeconds(waitedForLimit)} for limits.`,
    `Took ${inSeconds(elapsed)}.`,
  ];
  if (failures.length > 0) lines.push(`Not read: ${count(failures.length)}, named above.`);
  return lines;
}

/** What the clients of all sources have done together; of their pauses the longest. */
export function totalStatistics(all: readonly HttpStatistics[]): HttpStatistics {
  const total = (figure: (one: HttpStatistics) => number) => all.reduce((sum, one) => sum + figure(one), 0);
  return {
    requests: total(({ requests }) => requests),
    retries: total(({ retries }) => retries),
    refused: total(({ refused }) => refused),
    waitedForLimit: total(({ waitedForLimit }) => waitedForLimit),
    inFlight: total(({ inFlight }) => inFlight),
    pause: Math.max(0, ...all.map(({ pause }) => pause)),
  };
}

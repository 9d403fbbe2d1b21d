import type { Refusal } from '../pages.js';
import { FORBIDDEN, NOT_FOUND } from '../pages.js';
import { createRandom, hash } from '../random.js';
import { MINUTE, SECOND, withMilliseconds } from '../rows.js';
import type { Action } from './actions.js';
import { actionsOf } from './actions.js';
import type { StartedJob } from './jobs.js';
import { jobWithId } from './jobs.js';
import type { View } from './view.js';

/** What steps print, and the URLs under which it is kept: signed, on the storage's own origin. */
export interface Printed {
  readonly at: number;
  readonly type: 'out' | 'err';
  readonly message: string;
}

/** Below the origin of outputs. */
export const OUTPUT_PATH = '/action-logs/';

type Place = Pick<Action, 'step' | 'index'>;

/** A text that looks like a secret and is not masked: jobs do print such. Made from the job, so that it is found again. */
export function secretInOutput(seed: number, jobId: string): string {
  return `s3cr3t-output-${createRandom(seed, `secret of ${jobId}`).hexadecimal(24)}`;
}

/** All that a step will have printed. A message is a piece of it: some lines, or a part of one. */
function printed(view: View, jobId: string, action: Action): Printed[] {
  const { step, index, startedAt, endedAt } = action;
  const random = createRandom(view.seed, `output ${jobId} ${step} ${index}`);
  if (random.chance(0.15)) return [];
  const texts = [
    '\u001b[32m✓\u001b[0m 12 tests passed\r\n',
    '\u001b[1m\u001b[31mError\u001b[39m\u001b[22m: expected 1 to be 2\n    at test.ts:3:7\n',
    'npm warn deprecated rimraf@2.7.1\r\n\r\n',
    'Downloading  1%\rDownloading 50%\rDownloading 100%\n',
    'a line that goes on ',
    'export NPM_TOKEN=****************\n',
    `Authorization: Bearer ${secretInOutput(view.seed, jobId)}\n`,
    'nul \u0000, half an emoji \ud83d, and 日本語\n',
  ] as const;
  const count = random.integer(1, 6);
  return Array.from({ length: count }, (_, position) => ({
    at: startedAt + ((endedAt - startedAt) * (position + 1)) / count,
    type: random.chance(0.2) ? ('err' as const) : ('out' as const),
    message: random.pick(texts),
  }));
}

/** What a step has printed so far. */
export const messagesOf = (view: View, { job }: StartedJob, action: Action): Printed[] =>
  printed(view, job.id, action).filter(({ at }) => at <= view.now);

/** The whole text of a step so far. */
export const textOf = (messages: readonly Printed[]): string =>
  messages.map(({ message }) => message).join('');

/** Good for some minutes from now, and for whoever has it. */
export function outputUrl(view: View, jobId: string, { step, index }: Place): string {
  const path = `${OUTPUT_PATH}${jobId}/${step}/${index}`;
  const seconds = Math.floor(view.now / SECOND);
  const expires = Math.floor((view.options.outputMinutes * MINUTE) / SECOND);
  const signed = `X-Amz-Date=${seconds}&X-Amz-Expires=${expires}`;
  return `${view.outputOrigin}${path}?${signed}&X-Amz-Signature=${signature(view, path, signed)}`;
}

const signature = (view: View, path: string, signed: string): string =>
  hash(`${view.seed} ${path} ${signed}`).toString(16).padStart(8, '0');

export function outputAt(view: View, { pathname, searchParams }: URL): object | Refusal {
  const [, , jobId = '', step, index] = pathname.split('/');
  const [date, expires] = ['X-Amz-Date', 'X-Amz-Expires'].map((name) => searchParams.get(name));
  const signed = `X-Amz-Date=${date}&X-Amz-Expires=${expires}`;
  if (searchParams.get('X-Amz-Signature') !== signature(view, pathname, signed)) return FORBIDDEN;
  if (view.now > (Number(date) + Number(expires)) * SECOND) return FORBIDDEN;
  const place = jobWithId(view, jobId);
  const action =
    place && actionsOf(view, place).find((one) => one.step === Number(step) && one.index === Number(index));
  if (place === undefined || action === undefined) return NOT_FOUND;
  return messagesOf(view, place, action).map(({ at, type, message }) => ({
    message,
    time: withMilliseconds(at),
    type,
  }));
}

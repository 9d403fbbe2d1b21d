import { rerunWindow, young } from '../../src/sync/circleci/bounds.js';
import { type Bounds, type Entry, emptyEntry } from '../../src/sync/entry.js';
import { at } from './diary.js';

const day = 86_400_000;

/** The bounds of a run on day 200 that reads everything. */
export const bounds = (changes: Partial<Bounds> = {}): Bounds => ({
  now: at(200),
  startDate: at(0),
  endDate: undefined,
  lookback: day,
  deepEvery: 7 * day,
  young,
  rerunWindow,
  range: false,
  ...changes,
});

/** What is remembered of a stream that was last read on the day before, and deep on the day before that. */
export const entry = (changes: Partial<Entry> = {}): Entry => ({
  ...emptyEntry,
  since: at(199),
  from: at(0),
  deep: at(198),
  ...changes,
});

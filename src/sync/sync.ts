import { failedWith, type HttpError, Stopped, TapError } from '../errors.js';
import type { Run } from './run.js';

/** What a run reads of one source. */
export interface SourceSync {
  /** Begins all parts, such as projects; each fails or succeeds by itself. */
  parts(): Promise<readonly Promise<unknown>[]>;
  /** Says what was left out, when all parts are over. */
  end?(): void;
}

/** A source with what ends all that it has under way. */
export interface StartedSource {
  readonly sync: SourceSync;
  /** Rejects its requests with Stopped. */
  readonly stop: () => void;
}

/**
 * Writes the SCHEMAs, the rows of all sources and a last STATE, however it ends.
 * @returns whether nothing at all could be read; `run.failures` says what could not.
 * @throws HttpError when the token of the only source is refused, Stopped when the run was told to stop.
 */
export async function syncSources(
  run: Run,
  sources: readonly StartedSource[],
): Promise<{ readonly isAllLost: boolean }> {
  const stopAll = () => {
    for (const { stop } of sources) stop();
  };
  const ends = await Promise.all(sources.map((source) => endOf(run, source, stopAll)));
  run.end();
  if (run.hasBegun) run.writeState();
  const thrown = ends.flatMap(({ thrown }) => (thrown === undefined ? [] : [thrown]));
  const fault = thrown.find((error) => !(error instanceof Stopped) && !isRefused(error));
  const refusals = thrown.filter(isRefused);
  if (fault !== undefined) throw fault;
  if (thrown.length > refusals.length || refusals.length === sources.length) throw thrown[0];
  // The other source has been read.
  for (const refusal of refusals) run.fail(refusal.line);
  return { isAllLost: ends.every(({ read }) => read === 0) };
}

/** How many parts of a source were read, and what ended it before its time. */
async function endOf(
  run: Run,
  { sync, stop }: StartedSource,
  stopAll: () => void,
): Promise<{ readonly read: number; readonly thrown: unknown }> {
  const thrown: unknown[] = [];
  const isRead = async (part: Promise<unknown>): Promise<boolean> => {
    try {
      await part;
      return true;
    } catch (error) {
      // What concerns one part alone is its own failure; the others need not find the rest out by themselves.
      if (error instanceof TapError && !isRefused(error)) run.fail(error.line);
      else {
        thrown.push(error);
        if (isRefused(error)) stop();
        else if (!(error instanceof Stopped)) stopAll();
      }
      return false;
    }
  };
  const begun = sync.parts();
  const parts = (await isRead(begun)) ? await begun : [];
  const results = await Promise.all(parts.map(isRead));
  sync.end?.();
  // Where one part stopped the source, the others were merely told to stop.
  const [first] = thrown.toSorted(
    (one, other) => Number(one instanceof Stopped) - Number(other instanceof Stopped),
  );
  return { read: results.filter((result) => result).length, thrown: first };
}

function isRefused(error: unknown): error is HttpError {
  return failedWith(error, 'unauthorized');
}

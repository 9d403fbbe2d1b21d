import type { JsonObject } from '../json.js';
import { parseTimestamp } from '../time.js';
import { type Entry, emptyEntry } from './entry.js';
import type { StreamState } from './state-format.js';

/** What the reader of the log should know about a stream whose bookmark is of singer-io's tap and is not gone on from. */
export function pythonNote(stream: string): string {
  return (
    `The state was written by singer-io's tap-circle-ci: ${stream} start again from start_date, ` +
    'because that tap kept only the last page of jobs and left older workflows running, ' +
    'which only reading them again can heal.'
  );
}

/** singer-io's tap keeps `{slug: updated_at}`; anything else in it is left over from an interrupted run. */
export function readPythonPipelines(members: JsonObject): StreamState {
  const entries = new Map<string, Entry>();
  for (const [slug, value] of Object.entries(members)) {
    const since = parseTimestamp(value);
    if (since !== undefined) entries.set(slug, { ...emptyEntry, since });
  }
  return { entries, rest: {} };
}

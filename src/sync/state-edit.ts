import { type Entry, emptyEntry } from './entry.js';
import { State } from './state.js';

/** Which entries an edit is for; undefined: all. */
export interface Selection {
  readonly streams?: readonly string[] | undefined;
  readonly projects?: readonly string[] | undefined;
}

/**
 * Sets bookmarks back to `to` (milliseconds since 1970), so that the next run reads everything since then again.
 * What was never read, or not so far, stays as it is.
 * @returns how many entries were set back
 */
export function rewind(state: State, to: number, { streams, projects }: Selection): number {
  let count = 0;
  for (const stream of state.streams) {
    if (streams !== undefined && !streams.includes(stream)) continue;
    for (const project of state.projects(stream)) {
      if (projects !== undefined && !projects.includes(project)) continue;
      const entry = state.entry(stream, project);
      const { since, deep, walk, range } = entry;
      const isLater = (time: number | undefined) => time !== undefined && time > to;
      if (![since, walk?.started, range?.started].some(isLater)) continue;
      const back = (time: number | undefined) => (time === undefined ? undefined : Math.min(time, to));
      // What is under way would go on below what is to be read again.
      state.set(stream, project, {
        ...entry,
        since: back(since),
        deep: back(deep),
        walk: isLater(walk?.started) ? undefined : walk,
        range: isLater(range?.started) ? undefined : range,
      });
      count++;
    }
  }
  return count;
}

/** One state that asks for whatever any of `states` would ask for: the older times, all open pipelines, no walk. */
export function merge(states: readonly State[]): State {
  const merged = new State(states[0]?.toJSON());
  for (const stream of new Set(states.flatMap((state) => state.streams))) {
    for (const project of new Set(states.flatMap((state) => state.projects(stream)))) {
      const known = states.filter((state) => state.projects(stream).includes(project));
      const entries = known.map((state) => state.entry(stream, project));
      merged.set(stream, project, mergeEntries(entries));
      const name = states.map((state) => state.nameOf(project)).find((one) => one !== undefined);
      if (name !== undefined) merged.setName(project, name);
    }
  }
  return merged;
}

/** An entry that asks for whatever one of `entries` would ask for; walks that were interrupted begin anew. */
function mergeEntries(entries: readonly Entry[]): Entry {
  return {
    ...emptyEntry,
    since: oldest(entries.map(({ since }) => since)),
    // The later `from` asks for more: what lies before it is read again where start_date has it.
    from: pick(
      Math.max,
      entries.map(({ from }) => from),
    ),
    deep: pick(
      Math.min,
      entries.map(({ deep }) => deep),
    ),
    open: new Map(entries.flatMap(({ open }) => [...open])),
  };
}

/** The oldest of the times; never, if one of them is. */
function oldest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === times.length ? Math.min(...known) : undefined;
}

function pick(
  choose: (...times: number[]) => number,
  times: readonly (number | undefined)[],
): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : choose(...known);
}

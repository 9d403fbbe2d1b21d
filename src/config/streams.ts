import { TapError } from '../errors.js';
import type { StreamDefinition } from '../streams/define.js';
import { streams } from '../streams/index.js';

/**
 * The streams that the setting names, by name or group, parents before children.
 * @throws TapError that lists the groups and names there are
 */
export function parseStreams(setting: string | readonly string[]): StreamDefinition[] {
  const named = typeof setting === 'string' ? setting.split(/[\s,]+/) : setting;
  const wanted = named.filter((name) => name !== '');
  const groups = [...new Set(streams.map(({ group }) => group))];
  const known = new Set([...groups, ...streams.map(({ name }) => name)]);
  const unknown = wanted.filter((name) => !known.has(name));
  if (unknown.length > 0 || wanted.length === 0) {
    const what =
      wanted.length === 0 ? 'names none' : `names ${unknown.map((name) => `"${name}"`).join(', ')}`;
    throw new TapError(`The setting streams ${what}${wanted.length === 0 ? '' : ', which do not exist'}.`, {
      next: `Groups: ${groups.join(', ')}. Streams: ${streams.map(({ name }) => name).join(', ')}.`,
    });
  }
  return streams.filter(({ name, group }) => wanted.includes(name) || wanted.includes(group));
}

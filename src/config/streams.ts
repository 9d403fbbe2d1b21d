import { TapError } from '../errors.js';
import type { SourceName, StreamDefinition } from '../streams/define.js';
import { streams } from '../streams/index.js';
import { namesIn } from './values.js';

/** The group that is read of a source unless the setting says another. */
const defaultGroups: Readonly<Record<SourceName, string>> = { circleci: 'core', buildkite: 'buildkite' };

/**
 * The streams that the setting names, by name or group, parents before children.
 * @param configured the sources of which there are streams at all
 * @throws TapError that lists the groups and names there are
 */
export function parseStreams(
  setting: string | readonly string[] | undefined,
  configured: readonly SourceName[],
): StreamDefinition[] {
  const own = streams.filter(({ source }) => configured.includes(source));
  if (setting === undefined) return own.filter(({ source, group }) => group === defaultGroups[source]);
  const wanted = namesIn(setting);
  const unknown = wanted.filter((name) => !own.some((stream) => isMeant(stream, name)));
  if (unknown.length > 0 || wanted.length === 0) throw notFound(unknown, own);
  return own.filter((stream) => wanted.some((name) => isMeant(stream, name)));
}

function isMeant(stream: StreamDefinition, name: string): boolean {
  return stream.name === name || stream.group === name;
}

/** Why no configured source has the streams, `unknown` being empty when none was named. */
function notFound(unknown: readonly string[], own: readonly StreamDefinition[]): TapError {
  const groups = [...new Set(own.flatMap(({ group }) => group ?? []))];
  const choice = `Groups: ${groups.join(', ')}. Streams: ${own.map(({ name }) => name).join(', ')}.`;
  if (unknown.length === 0) return new TapError('The setting streams names none.', { next: choice });
  const owners = unknown.map((name) => streams.find((stream) => isMeant(stream, name))?.source);
  const nowhere = unknown.filter((_, index) => owners[index] === undefined);
  if (nowhere.length > 0) {
    return new TapError(`The setting streams names ${quoted(nowhere)}, which do not exist.`, {
      next: choice,
    });
  }
  // Of what is there, only a source that is not configured is left.
  const [what, missing, advice] = owners.includes('buildkite')
    ? ['Buildkite', 'buildkite_token is', 'Set buildkite_token']
    : ['CircleCI', 'token and project_slugs or org_slugs are', 'Set them'];
  return new TapError(`The setting streams names ${quoted(unknown)} of ${what}, but ${missing} missing.`, {
    next: `${advice}, or name others. ${choice}`,
  });
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

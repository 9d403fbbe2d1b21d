import type { SourceName, StreamDefinition } from '../streams/define.js';

/** What stands before the permissions of a stream: Buildkite's scopes are names, CircleCI's say what one may do. */
const permissionTo: Readonly<Record<SourceName, string>> = {
  circleci: 'permission to ',
  buildkite: '',
};

/** What the token lacks to read streams, as a clause about them: `they need read_builds`. */
export function needs(
  streams: readonly string[],
  { source, permissions }: Pick<StreamDefinition, 'source' | 'permissions'>,
): string {
  return `${arePlural(streams) ? 'they need' : 'it needs'} ${permissionTo[source]}${permissions.join(' and ')}`;
}

/** What a run says of streams that the token must not read; `definition` is that of the one that was asked for. */
export function leftOut(
  streams: readonly string[],
  definition: Pick<StreamDefinition, 'source' | 'permissions'>,
): string {
  const are = arePlural(streams) ? 'are' : 'is';
  return `${streams.join(', ')} ${are} left out of this run; ${needs(streams, definition)}.`;
}

/** Most names of streams are plural by themselves, but for the likes of `buildkite_user`. */
function arePlural(streams: readonly string[]): boolean {
  return streams.length !== 1 || streams.every((name) => name.endsWith('s'));
}

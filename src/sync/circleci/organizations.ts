import { checkToken } from '../../sources/circleci.js';
import type { FoundProject } from '../../sources/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { organizations } from '../../streams/circleci/organizations.js';
import { type Above, isAtOrBelow, type StreamDefinition } from '../../streams/define.js';
import { Tree } from '../tree.js';
import type { CircleCIShared } from './shared.js';

const definitions = circleciStreams.filter((stream) => isAtOrBelow(stream, organizations));

/** Whether anything of organizations is selected. */
export function wantsOrganizations({ records }: CircleCIShared): boolean {
  return definitions.some(({ name }) => records.has(name));
}

/** Reads the organizations of the token's owner, and the contexts of those whose projects are read. */
export async function syncOrganizations(
  shared: CircleCIShared,
  found: readonly FoundProject[],
  named: readonly string[],
): Promise<void> {
  const { run, client, reader, records } = shared;
  await checkToken(client);
  run.begin();
  const slugs = [...named, ...found.map(({ slug }) => slug)];
  const tree = new Tree({
    run,
    reader,
    name: 'CircleCI',
    records,
    definitions,
    looksBelow: (definition, above) => definition !== organizations || isRead(definition, above, slugs),
  });
  await tree.read(organizations, {});
  tree.report();
}

/** Whether a slug begins with the organization's own, or with its id. */
function isRead({ name }: StreamDefinition, above: Above, slugs: readonly string[]): boolean {
  const { id, slug } = above[name] ?? {};
  return slugs.some((one) => {
    const [host, organization] = one.split('/');
    return `${host}/${organization}` === slug || (organization !== undefined && organization === id);
  });
}

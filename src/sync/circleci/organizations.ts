import type { Row } from '../../http/pagination.js';
import { checkToken } from '../../sources/circleci/api.js';
import type { FoundProject } from '../../sources/circleci/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { organizations } from '../../streams/circleci/organizations.js';
import { isAtOrBelow } from '../../streams/define.js';
import { Tree } from '../tree.js';
import type { CircleCIRun } from './circleci-run.js';

const definitions = circleciStreams.filter((stream) => isAtOrBelow(stream, organizations));

/** Whether anything of organizations is selected. */
export function wantsOrganizations({ records }: CircleCIRun): boolean {
  return definitions.some(({ name }) => records.has(name));
}

/** Reads the organizations of the token's owner, and the contexts of those whose projects are read. */
export async function syncOrganizations(
  circleci: CircleCIRun,
  found: readonly FoundProject[],
  named: readonly string[],
): Promise<void> {
  const { run, client, reader, records } = circleci;
  await checkToken(client);
  run.begin();
  const slugs = [...named, ...found.map(({ slug }) => slug)];
  const wanted = new Set(slugs.map((slug) => slug.split('/').slice(0, 2).join('/')));
  const listed: Row[] = [];
  const tree = new Tree({
    run,
    reader,
    name: 'CircleCI',
    records,
    definitions,
    looksBelow: (definition, above) => {
      const row = above[definition.name] ?? {};
      if (definition !== organizations) return true;
      listed.push(row);
      return [...wanted].some((name) => isNamed(row, name));
    },
  });
  await tree.read(organizations, {});
  tree.report();
  const below = definitions.filter(({ name }) => name !== organizations.name && records.has(name));
  const unlisted = [...wanted].filter((name) => !listed.some((row) => isNamed(row, name)));
  // Where none came, that has been told.
  if (below.length === 0 || listed.length === 0 || unlisted.length === 0) return;
  run.log.warning(
    `${below.map(({ name }) => name).join(', ')} of ${unlisted.join(', ')} are left out: the token's owner is no ` +
      'member there (/me/collaborations).',
  );
}

/** Whether an organization is called so: the slug has its name or its id. */
function isNamed({ id, slug }: Row, name: string): boolean {
  return name === slug || name.split('/')[1] === id;
}

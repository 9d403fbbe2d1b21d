import { type Above, defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

// CircleCI Server takes an id alone, and /me/collaborations may list an organization without one.
function ownerOf({ organizations }: Above): Readonly<Record<string, string>> {
  const { id, slug } = organizations ?? {};
  if (typeof id === 'string') return { 'owner-id': id };
  return typeof slug === 'string' ? { 'owner-slug': slug } : {};
}

export const contexts = defineStream({
  name: 'contexts',
  source: 'circleci',
  group: 'organization',
  schema: 'circleci/contexts.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/context',
  query: ownerOf,
  pages: 'page-token',
  foreignKeys: ofOrganization,
  permissions: ['view the contexts of the organization'],
  cost: '1 for each organization',
});

/** The column of an organization that everything below it has. */
export const ofOrganization = {
  organization_slug: ['buildkite_organizations', 'slug'],
} as const;

/** Columns of a pipeline, and of its organization, that streams below it have. */
export const ofPipeline = {
  pipeline_id: ['buildkite_pipelines', 'id'],
  pipeline_slug: ['buildkite_pipelines', 'slug'],
  ...ofOrganization,
} as const;

/** Columns of a build, and of what it belongs to, that everything below it has. */
export const ofBuild = {
  build_id: ['buildkite_builds', 'id'],
  build_number: ['buildkite_builds', 'number'],
  build_created_at: ['buildkite_builds', 'created_at'],
  pipeline_slug: ['buildkite_pipelines', 'slug'],
  ...ofOrganization,
} as const;

/** Columns of a team, and of its organization, that everything below it has. */
export const ofTeam = {
  team_id: ['buildkite_teams', 'id'],
  ...ofOrganization,
} as const;

/** Columns of a test suite, and of its organization, that everything below it has. */
export const ofSuite = {
  suite_id: ['buildkite_suites', 'id'],
  suite_slug: ['buildkite_suites', 'slug'],
  ...ofOrganization,
} as const;

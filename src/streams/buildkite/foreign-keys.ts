/** Columns of a build that everything below it has. */
export const ofBuild = {
  build_id: ['buildkite_builds', 'id'],
  build_number: ['buildkite_builds', 'number'],
  build_created_at: ['buildkite_builds', 'created_at'],
  pipeline_slug: ['buildkite_pipelines', 'slug'],
  organization_slug: ['buildkite_organizations', 'slug'],
} as const;

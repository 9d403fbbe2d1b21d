/** Columns of a job, and of what it belongs to, that everything below it has. */
export const ofJob = {
  _job_id: ['jobs', 'id'],
  _pipeline_id: ['pipelines', 'id'],
  _pipeline_created_at: ['pipelines', 'created_at'],
  project_slug: ['projects', 'slug'],
  job_number: ['jobs', 'job_number'],
} as const;

/** Columns of a pipeline that what is asked once for each has. */
export const ofPipeline = {
  pipeline_id: ['pipelines', 'id'],
  _pipeline_created_at: ['pipelines', 'created_at'],
  project_slug: ['projects', 'slug'],
} as const;

/** Columns of a project that everything directly below it has. */
export const ofProject = {
  project_id: ['projects', 'id'],
  project_slug: ['projects', 'slug'],
} as const;

/** Columns of an organization that everything below it has. */
export const ofOrganization = {
  organization_id: ['organizations', 'id'],
  organization_slug: ['organizations', 'slug'],
} as const;

/** Columns of a context, and of its organization, that everything below it has. */
export const ofContext = {
  context_id: ['contexts', 'id'],
  ...ofOrganization,
} as const;

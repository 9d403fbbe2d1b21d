/** Columns of a job, and of what it belongs to, that everything below it has. */
export const ofJob = {
  _job_id: ['jobs', 'id'],
  _pipeline_id: ['pipelines', 'id'],
  _pipeline_created_at: ['pipelines', 'created_at'],
  project_slug: ['projects', 'slug'],
  job_number: ['jobs', 'job_number'],
} as const;

/** The answers of the API as they are on the wire: snake_case, times as text. Only what the sandbox serves. */
export interface PipelineRow {
  id: string;
  errors: { type: string; message: string }[];
  project_slug: string;
  updated_at: string;
  number: number;
  state: string;
  created_at: string;
  trigger: { received_at: string; type: string; actor: { login: string; avatar_url: string | null } };
  trigger_parameters?: Record<string, unknown>;
  vcs?: VersionControl;
}

/** Present for GitHub OAuth and Bitbucket Cloud; partly null, and absent elsewhere. */
export interface VersionControl {
  origin_repository_url: string;
  target_repository_url: string;
  revision: string | null;
  provider_name: string | null;
  commit?: { body: string | null; subject: string | null } | null;
  branch?: string;
  tag?: string;
  review_id?: string;
  review_url?: string;
}

/** Expired workflows are listed with `id` null and other nulls (tinuous #203). */
export interface WorkflowRow {
  pipeline_id: string;
  id: string | null;
  name: string | null;
  project_slug: string;
  status: string | null;
  started_by: string | null;
  pipeline_number: number;
  created_at: string | null;
  stopped_at: string | null;
  canceled_by?: string;
  errored_by?: string;
  tag?: string | null;
  auto_rerun_number?: number;
  max_auto_reruns?: number;
}

/** No workflow id, no `created_at`; `started_at` null or absent until the job starts. */
export interface JobRow {
  dependencies: string[];
  id: string;
  name: string;
  type: string;
  status: string;
  project_slug: string;
  started_at?: string | null;
  stopped_at?: string | null;
  job_number?: number;
  requires?: Record<string, string[]>;
  canceled_by?: string;
  approved_by?: string;
  approval_request_id?: string;
}

export interface ProjectRow {
  slug: string;
  name: string;
  id: string;
  organization_name: string;
  organization_slug: string;
  organization_id: string;
  vcs_info: { vcs_url: string; provider: string; default_branch: string };
}

export interface Page<Row> {
  items: Row[];
  next_page_token: string | null;
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Pipelines carry milliseconds. */
export const withMilliseconds = (time: number): string => new Date(time).toISOString();
/** Workflows and jobs carry whole seconds, cut, so that a workflow can seem older than its pipeline. */
export const wholeSeconds = (time: number): string =>
  `${new Date(Math.floor(time / SECOND) * SECOND).toISOString().slice(0, 19)}Z`;

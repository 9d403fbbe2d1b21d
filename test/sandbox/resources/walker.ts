import { rowIn, rowsIn } from '../rows-in.js';
import type { Row } from '../source.js';
import type { World } from '../world.js';
import { furtherStreams } from './truth.js';

/** Asks for a body; undefined for a 404. */
export type Ask = (pathOrUrl: string) => Promise<unknown>;

/** All that the further endpoints show, found as a client finds it: from the lists of pipelines, workflows and jobs. */
export async function walkFurther(world: World, ask: Ask): Promise<Map<string, Map<string, Row>>> {
  const seen = new Map(Object.keys(furtherStreams).map((stream) => [stream, new Map<string, Row>()]));
  const put = (stream: keyof typeof furtherStreams, rows: Iterable<Row>, injected: Row = {}) => {
    for (const row of rows) {
      const whole = { ...row, ...injected };
      const key = furtherStreams[stream].key.map((column) => String(whole[column])).join(' ');
      seen.get(stream)?.set(key, whole);
    }
  };
  const one = async (path: string) =>
    [await ask(path)].flatMap((row) => (row === undefined ? [] : [rowIn(row)]));
  const all = async (path: string): Promise<Row[]> => {
    const items: Row[] = [];
    for (let token: string | null = null; ; ) {
      const more = token === null ? '' : `${path.includes('?') ? '&' : '?'}page-token=${token}`;
      const page = await ask(path + more);
      if (page === undefined) return items;
      items.push(...rowsIn(page));
      const { next_page_token } = rowIn(page);
      if (next_page_token === null) return items;
      token = String(next_page_token);
    }
  };

  const collaborations = rowsIn(await ask('/me/collaborations')).filter(({ id }) => id !== null);
  put('organizations', collaborations.map(underscored));
  for (const { id } of collaborations) {
    const contexts = await all(`/context?owner-id=${id}&owner-type=organization`);
    put('contexts', contexts, { organization_id: id });
    for (const context of contexts) {
      put('context_environment_variables', await all(`/context/${context.id}/environment-variable`));
      put('context_restrictions', await all(`/context/${context.id}/restrictions`));
    }
  }
  const people = new Set<string>();
  const jobs = new Map<string, Row>();
  for (const slug of world.slugs) {
    const project_slug = slug;
    const [project] = await one(`/project/${slug}`);
    if (project === undefined) throw new Error(`There is no ${slug}.`);
    put('projects', [project]);
    put('project_settings', await one(`/project/${slug}/settings`), { project_slug });
    const variables = await all(`/project/${slug}/envvar`);
    put('project_environment_variables', variables.map(underscored), { project_slug });
    const keys = await all(`/project/${slug}/checkout-key`);
    put('checkout_keys', keys.map(underscored), { project_slug });
    for (const schedule of await all(`/project/${slug}/schedule`)) {
      const timetable = underscored(rowIn(schedule.timetable));
      put('schedules', [{ ...underscored(schedule), timetable }]);
    }
    const hooks = await all(`/webhook?scope-id=${project.id}&scope-type=project`);
    put('webhooks', hooks.map(underscored), { project_slug });
    for (const { id: pipeline_id } of await all(`/project/${slug}/pipeline`)) {
      const injected = { pipeline_id, project_slug };
      put('pipeline_configs', (await one(`/pipeline/${pipeline_id}/config`)).map(underscored), injected);
      const values = await one(`/pipeline/${pipeline_id}/values`);
      put(
        'pipeline_values',
        values.map((row) => ({ values: row })),
        injected,
      );
      for (const workflow of await all(`/pipeline/${pipeline_id}/workflow`)) {
        if (workflow.id === null) continue;
        meet(workflow.started_by, workflow.canceled_by, workflow.errored_by);
        for (const job of await all(`/workflow/${workflow.id}/job`)) {
          meet(job.approved_by, job.canceled_by);
          jobs.set(String(job.id), { ...job, pipeline_id });
        }
      }
    }
  }
  for (const id of people) put('users', await one(`/user/${id}`));
  for (const job of jobs.values()) {
    const { project_slug, job_number } = job;
    if (job_number === undefined) continue;
    const injected = { _job_id: job.id, _pipeline_id: job.pipeline_id, project_slug, job_number };
    for (const { latest_workflow: _, ...details } of await one(`/project/${project_slug}/job/${job_number}`))
      put('job_details', [details], injected);
    const tests = await all(`/project/${project_slug}/${job_number}/tests`);
    put(
      'test_results',
      tests.map((row, position) => ({ ...row, position })),
      injected,
    );
    put('artifacts', await all(`/project/${project_slug}/${job_number}/artifacts`), injected);
    const [build] = await one(`/api/v1.1/project/${project_slug}/${job_number}`);
    const steps = rowsIn(build?.steps ?? []);
    for (const { output_url, ...action } of steps.flatMap(({ actions }) => rowsIn(actions))) {
      put('job_steps', [action], injected);
      if (output_url === undefined) continue;
      const messages = rowsIn(await ask(String(output_url)));
      const { index, step } = action;
      put('job_logs', [{ index, step, text: messages.map(({ message }) => message).join('') }], injected);
    }
  }
  return seen;

  function meet(...ids: unknown[]): void {
    for (const id of ids) if (typeof id === 'string') people.add(id);
  }
}

export const underscored = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replaceAll('-', '_'), value]));

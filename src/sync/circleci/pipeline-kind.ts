import { getObject } from '../../http/object.js';
import type { Row } from '../../http/pagination.js';
import { path } from '../../http/url.js';
import { jobLogs } from '../../streams/circleci/job-logs.js';
import { jobs } from '../../streams/circleci/jobs.js';
import { pipelines } from '../../streams/circleci/pipelines.js';
import { testResults } from '../../streams/circleci/test-results.js';
import { users } from '../../streams/circleci/users.js';
import { workflows } from '../../streams/circleci/workflows.js';
import { isAtOrBelow, type StreamDefinition } from '../../streams/define.js';
import type { Bounds } from '../entry.js';
import { isRerunnable } from '../fold.js';
import type { Gathered, Judge } from '../gathered.js';
import type { Need } from '../need.js';
import type { WalkedKind } from '../visit.js';
import type { CircleCIRun } from './circleci-run.js';
import {
  isJobDue,
  isPipelineDue,
  isSetUp,
  isWorkflowDue,
  isWorkflowSettled,
  keepsResult,
  newestOf,
  wantsLogs,
} from './due.js';

/** What is particular to CircleCI's pipelines and what hangs below them. `project` is the row of their project. */
export function pipelineKind(
  { client, below, people, records, settings }: CircleCIRun,
  project: Row,
  bounds: Bounds,
): WalkedKind {
  const judge = judgeWith(bounds, below);
  return {
    root: pipelines,
    below,
    above: () => ({ projects: project }),
    fetchRoot: ({ id }) => getObject(client, path`/pipeline/${id}`, '/pipeline/{pipelines.id}', 'pipeline'),
    needsRoot: false,
    writes: (definition, row, need) => {
      if (definition === pipelines) return isPipelineDue(row, need);
      if (definition === workflows) return isWorkflowDue(row, need);
      return definition !== testResults || keepsResult(settings, row);
    },
    looksBelow: (definition, above, need, child, stream) => {
      const { jobs: job } = above;
      if (stream === jobLogs.name && job !== undefined && !wantsLogs(settings, job)) return false;
      return isDueBelow(definition, above[definition.name] ?? {}, need, child);
    },
    embedded: () => undefined,
    vanishing: new Set([workflows.name]),
    judge,
    // The last thing that can keep a pipeline open is its set-up state; a list page would have told it.
    asksRootAtEnd: (gathered) => mayLeave(gathered, judge, bounds),
    skips: ({ name }, row) => name === jobs.name && isWithoutDetails(row),
    ...(records.has(users.name) ? { also: (definition, row) => people.lines(definition, row) } : {}),
  };
}

function isDueBelow(parent: StreamDefinition, row: Row, need: Need, child: StreamDefinition): boolean {
  if (parent === workflows) return isWorkflowDue(row, need);
  if (parent === jobs) return isJobDue(row, need);
  // The configuration of a pipeline is made once, when it is set up.
  return parent !== pipelines || child === workflows || need === 'all';
}

/** Whether a job is of the kind that has nothing below it. */
function isWithoutDetails({ type, job_number: number }: Row): boolean {
  return type === 'approval' || typeof number !== 'number';
}

function judgeWith(bounds: Bounds, below: readonly StreamDefinition[]): Judge {
  const ofWorkflows = new Set(
    below.filter((stream) => isAtOrBelow(stream, workflows)).map(({ name }) => name),
  );
  return (stream, gathered) => {
    const { request, root, listed } = gathered;
    const pipeline = root?.row ?? {};
    const isReady = isSetUp(pipeline);
    const isRefused = gathered.isRefused(stream);
    if (!ofWorkflows.has(stream)) {
      return { settled: isReady, newest: newestOf([pipeline], 'updated_at', request.created), isRefused };
    }
    const rows = listed.get(workflows.name) ?? [];
    return {
      settled: isReady && rows.every((workflow) => isWorkflowSettled(workflow, bounds.now)),
      newest: newestOf(rows, 'created_at', request.created),
      isRefused,
    };
  };
}

function mayLeave(gathered: Gathered, judge: Judge, bounds: Bounds): boolean {
  // Where the list was not asked or could not be read, only the pipeline can tell.
  if (!gathered.listed.has(workflows.name)) return !gathered.hasFailed;
  const { settled, newest } = judge(workflows.name, gathered);
  const { id, created } = gathered.request;
  return settled && !isRerunnable({ id, created, outcome: 'read', settled, newest }, bounds);
}

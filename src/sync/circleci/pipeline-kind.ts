import { HttpError } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import { path } from '../../http/url.js';
import { isObject } from '../../json.js';
import { pipelines } from '../../streams/circleci/pipelines.js';
import { workflows } from '../../streams/circleci/workflows.js';
import type { StreamDefinition } from '../../streams/define.js';
import { formatTimestamp } from '../../time.js';
import { type Bounds, isRerunnable } from '../entry.js';
import type { Judge, Outcome } from '../outcome.js';
import type { Kind } from '../visit.js';
import type { TimedRow } from '../visit-request.js';
import { isPipelineDue, isSetUp, isWorkflowDue, isWorkflowSettled, newestOf } from './due.js';

/** What is particular to CircleCI's pipelines and what hangs below them. */
export function pipelineKind(
  client: ApiClient,
  below: readonly StreamDefinition[],
  slug: string,
  bounds: Bounds,
): Kind {
  const judge = judgeWith(bounds);
  return {
    root: pipelines,
    below,
    above: () => ({ projects: { slug } }),
    fetchRoot: ({ id }) => fetchPipeline(client, id),
    needsRoot: false,
    writes: (stream, row, need) => {
      if (stream === pipelines.name) return isPipelineDue(row, need);
      return stream !== workflows.name || isWorkflowDue(row, need);
    },
    looksBelow: (stream, row, need) => stream !== workflows.name || isWorkflowDue(row, need),
    embedded: () => undefined,
    vanishing: new Set([workflows.name]),
    judge,
    // The last thing that can keep a pipeline open is its set-up state; a list page would have told it.
    asksRootAtEnd: (outcome) => mayLeave(outcome, judge, bounds),
  };
}

async function fetchPipeline(client: ApiClient, id: string): Promise<TimedRow> {
  const ownPath = path`/pipeline/${id}`;
  const { body, receivedAt } = await client.get(ownPath, '/pipeline/{pipelines.id}');
  if (!isObject(body)) {
    throw new HttpError(`GET ${ownPath} answered no object.`, { failure: 'unreadable', path: ownPath });
  }
  return { row: body, extracted: formatTimestamp(receivedAt) };
}

function judgeWith(bounds: Bounds): Judge {
  return (stream, { request, root, listed }) => {
    const pipeline = root?.row ?? {};
    const isReady = isSetUp(pipeline);
    if (stream === pipelines.name) {
      return { settled: isReady, newest: newestOf([pipeline], 'updated_at', request.created) };
    }
    const rows = listed.get(workflows.name) ?? [];
    return {
      settled: isReady && rows.every((workflow) => isWorkflowSettled(workflow, bounds.now)),
      newest: newestOf(rows, 'created_at', request.created),
    };
  };
}

function mayLeave(outcome: Outcome, judge: Judge, bounds: Bounds): boolean {
  // Where the list could not be read, nothing is known of the pipeline.
  if (!outcome.listed.has(workflows.name)) return false;
  const { settled, newest } = judge(workflows.name, outcome);
  const { id, created } = outcome.request;
  return settled && !isRerunnable({ id, created, outcome: 'read', settled, newest }, bounds);
}

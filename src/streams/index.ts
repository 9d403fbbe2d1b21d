import { buildkiteStreams } from './buildkite/index.js';
import { jobs } from './circleci/jobs.js';
import { pipelines } from './circleci/pipelines.js';
import { workflows } from './circleci/workflows.js';
import type { StreamDefinition } from './define.js';

/** All streams, parents before children: the order of the catalog and of the SCHEMA messages. */
export const streams: readonly StreamDefinition[] = [pipelines, workflows, jobs, ...buildkiteStreams];

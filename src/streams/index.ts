import type { StreamDefinition } from './define.js';
import { jobs } from './jobs.js';
import { pipelines } from './pipelines.js';
import { workflows } from './workflows.js';

/** All streams, parents before children: the order of the catalog and of the SCHEMA messages. */
export const streams: readonly StreamDefinition[] = [pipelines, workflows, jobs];

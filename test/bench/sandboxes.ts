import { SandboxProcess } from '../demo/sandbox-process.js';
import type { BehaviourOptions } from '../sandbox/behaviour.js';

const script = new URL('../sandbox/main.ts', import.meta.url);

export interface History {
  readonly pipelines: number;
  readonly workflowsPerPipeline: number;
  readonly jobsPerWorkflow: number;
}

/** A settled history of any size; gzip is as CircleCI answers, and off where the sandbox's own speed is in the way. */
export function startBulkSandbox(
  { pipelines, workflowsPerPipeline, jobsPerWorkflow }: History,
  behaviour: BehaviourOptions = {},
): Promise<SandboxProcess> {
  const bulk = `pipelines=${pipelines},workflows=${workflowsPerPipeline},jobs=${jobsPerWorkflow}`;
  return SandboxProcess.start(script, ['--bulk', bulk, '--behaviour', JSON.stringify(behaviour)]);
}

/** A history in which things happen, with the options of test/sandbox/main.ts. */
export function startSandbox(args: readonly string[]): Promise<SandboxProcess> {
  return SandboxProcess.start(script, args);
}

/** RECORD lines of a whole history. */
export function rowsOf({ pipelines, workflowsPerPipeline, jobsPerWorkflow }: History): number {
  return pipelines * (1 + workflowsPerPipeline * (1 + jobsPerWorkflow));
}

/** Requests that a whole history needs, where no list below a pipeline has more than one page. */
export function requestsOf({ pipelines, workflowsPerPipeline }: History): number {
  return 1 + Math.max(1, Math.ceil(pipelines / 20)) + pipelines * (1 + workflowsPerPipeline);
}

/** 211 rows a pipeline, 20 jobs a page, as many as there can be. */
export function fullPages(rows: number): History {
  return { pipelines: Math.round(rows / 211), workflowsPerPipeline: 10, jobsPerWorkflow: 20 };
}

/** No rows: what a run costs whatever it reads. */
export const nothing: History = { pipelines: 0, workflowsPerPipeline: 1, jobsPerWorkflow: 1 };

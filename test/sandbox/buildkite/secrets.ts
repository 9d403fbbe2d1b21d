import type { BuildkiteCoins } from './coins.js';
import type { BuildHistory, JobHistory, OrganizationHistory } from './history.js';
import { derivedDigits } from './identity.js';

/** Where the payloads have secrets: what a tap must never let out, but for the output of the jobs, which is one. */
export const secretKinds = [
  'webhook url', // whoever has it can start builds
  'badge url',
  'pipeline env',
  'schedule env',
  'build env',
  'meta-data',
  'job env',
  'step signature',
  'agent access token', // in recordings of 2015
  'log',
] as const;
export type SecretKind = (typeof secretKinds)[number];

/** Made from what it belongs to, long enough to be found in any output, and never part of another text. */
export function secretOf(kind: SecretKind, owner: string): string {
  return `s3cr3t-${kind.replaceAll(' ', '-')}-${derivedDigits(`${kind} of ${owner}`, 24)}`;
}

interface Holder {
  readonly history: readonly OrganizationHistory[];
  readonly coins: BuildkiteCoins;
}

/** Every secret that the payloads have, now or later. Without `kinds`: all but those that jobs have printed. */
export function plantedSecrets(
  { history, coins }: Holder,
  kinds: readonly SecretKind[] = secretKinds.filter((kind) => kind !== 'log'),
): string[] {
  const found = new Set<string>();
  const plant = (kind: SecretKind, owner: string) => {
    if (kinds.includes(kind)) found.add(secretOf(kind, owner));
  };
  for (const { pipelines, agents } of history) {
    for (const agent of agents) if (agent.isOld) plant('agent access token', agent.id);
    for (const pipeline of pipelines) {
      if (coins.webhookUrl === 'present') plant('webhook url', pipeline.id);
      if (coins.badgeUrl === 'present') plant('badge url', pipeline.id);
      plant('pipeline env', pipeline.id);
      for (const schedule of pipeline.schedules) plant('schedule env', schedule.id);
      for (const build of pipeline.builds) plantOfBuild(build, plant);
    }
  }
  return [...found];
}

function plantOfBuild(build: BuildHistory, plant: (kind: SecretKind, owner: string) => void): void {
  if (build.hasSecrets) plant('build env', build.id);
  // Set by a job, so not in a build that never ran.
  if (build.hasSecrets && hasRun(build)) plant('meta-data', build.id);
  for (const job of build.jobs) {
    if (job.type !== 'script') continue;
    plant('job env', job.id);
    if (isSigned(job)) plant('step signature', job.id);
    if (!job.isSilent && hasRun(job)) plant('log', job.id);
  }
}

const hasRun = ({ phases }: BuildHistory | JobHistory) => phases.some(({ state }) => state === 'running');

/** Signed steps are a feature of some pipelines only. */
export const isSigned = (job: JobHistory): boolean => job.type === 'script' && job.stepKey !== null;

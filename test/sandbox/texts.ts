import type { ProjectHistory } from './history.js';
import type { Features } from './options.js';
import type { Random } from './random.js';
import type { PipelineRow, VersionControl } from './rows.js';
import { withMilliseconds } from './rows.js';

const people = ['ada', 'grace', 'linus', 'renovate[bot]', 'dependabot[bot]', 'jörg-müller'];
const plainSubjects = ['Fix the build', 'Bump undici', 'add circle', 'Merge pull request #12', 'WIP'];
/** Texts that have broken tools: emoji, right to left, zero width, line separators, half an emoji, NUL. */
export const oddTexts = [
  '🚀 déployer l’appli 👩‍👩‍👧‍👦',
  'مرحبا بالعالم \u202e odd \u202c',
  'line\u2028separator\u2029and\u200bzero\u200cwidth',
  'half an emoji: \ud83d',
  'nul: \u0000, bell: \u0007, tab: \t, quote: " \\ /',
  '日本語のコミットメッセージ',
  'x'.repeat(3000),
] as const;

/** What does not change about a pipeline. */
export function pipelineRest(
  random: Random,
  features: Features,
  project: ProjectHistory,
  createdAt: number,
  errored: boolean,
): Pick<PipelineRow, 'errors' | 'trigger'> & Partial<PipelineRow> {
  const trigger = triggerOf(random, features, createdAt);
  const app = project.slug.startsWith('circleci/');
  const vcs =
    app || (features.missingVcs && random.chance(0.15)) ? undefined : vcsOf(random, features, project);
  const parameters = features.triggerParameters && (app || random.chance(0.2));
  return {
    errors: errored ? errorsOf(random) : [],
    trigger,
    ...(parameters ? { trigger_parameters: triggerParameters(random) } : {}),
    ...(vcs === undefined ? {} : { vcs }),
  };
}

function triggerOf(random: Random, features: Features, createdAt: number): PipelineRow['trigger'] {
  // Both types beyond the enum are on record.
  const odd = features.oddTriggers && random.chance(0.1);
  const login = odd && random.chance(0.5) ? '' : random.pick(people);
  const epoch = features.epochReceivedAt && random.chance(0.08);
  return {
    received_at: epoch ? '1970-01-01T00:00:00.000Z' : withMilliseconds(createdAt - random.integer(20, 900)),
    type: odd
      ? random.pick(['Decoupled Ingestion System', 'unknown'])
      : random.pick(['webhook', 'webhook', 'api', 'explicit', 'scheduled_pipeline']),
    actor: {
      login,
      avatar_url:
        login === '' || random.chance(0.1)
          ? null
          : `https://avatars.example.com/u/${random.integer(1, 9e8)}?v=4`,
    },
  };
}

function vcsOf(random: Random, features: Features, project: ProjectHistory): VersionControl {
  const [, organization, repository] = project.slug.split('/');
  const bitbucket = project.slug.startsWith('bb/');
  const url = `https://${bitbucket ? 'bitbucket.org' : 'github.com'}/${organization}/${repository}`;
  const text = () =>
    features.oddTexts && random.chance(0.2) ? random.pick(oddTexts) : random.pick(plainSubjects);
  const subject = text();
  const body = random.chance(0.5) ? '' : text();
  const row: VersionControl = {
    origin_repository_url: url,
    target_repository_url: url,
    revision: random.hexadecimal(40),
    provider_name: bitbucket ? 'Bitbucket' : 'GitHub',
    commit: { body, subject },
  };
  if (random.chance(0.1)) row.tag = `v${random.integer(0, 9)}.${random.integer(0, 99)}.0`;
  else
    row.branch =
      features.oddTexts && random.chance(0.1)
        ? `feature/${random.pick(oddTexts)}`
        : random.pick(['main', 'develop', 'fix/flaky']);
  if (random.chance(0.2)) {
    const review = random.integer(1, 4000);
    row.review_id = String(review);
    row.review_url = `${url}/pull/${review}`;
  }
  if (features.missingVcs && random.chance(0.1)) {
    row.revision = null;
    row.provider_name = random.chance(0.5) ? null : row.provider_name;
    row.commit = random.pick([null, { body: null, subject: null }]);
  }
  return row;
}

function errorsOf(random: Random): PipelineRow['errors'] {
  const errors = [
    { type: 'config-fetch', message: 'Failed to fetch config.yml file.' },
    {
      type: 'config',
      message: 'ERROR IN CONFIG FILE:\n[#/jobs] 2 schema violations found\nAny string key is allowed.',
    },
    { type: 'config-deprecated-syntax', message: 'This syntax is deprecated.' }, // not in the enum, on record
    { type: 'plan', message: 'No plan.' },
  ];
  const first = random.pick(errors);
  return random.chance(0.2) ? [first, random.pick(errors)] : [first];
}

/** GitHub App and GitLab projects have them, nested (devlake's record; outbound-webhooks-reference.adoc). */
function triggerParameters(random: Random): Record<string, unknown> {
  return {
    git: {
      checkout_sha: random.hexadecimal(40),
      branch: random.pick(['main', 'feature/é']),
      ref: 'refs/heads/main',
    },
    circleci: {
      org_name: 'acme',
      project_name: 'web',
      provider_name: 'github',
      event_time: '2024-01-01 00:00:00 +0000 UTC',
    },
    webhook: { body: JSON.stringify({ quoted: '"', deep: [1, [2, { three: null }]] }) },
    'odd-key.with dots': { empty: {}, list: [true, null, 1e21, -0.5, 9007199254740991, []], '': 'empty key' },
  };
}

import type { Random } from '../random.js';
import type { JobHistory, PipelineHistory } from './history.js';
import type { Row } from './identity.js';
import { PEOPLE, userRow } from './identity.js';

const messages = [
  'Bumping to version 0.2-beta.6',
  'Fix the build',
  'half an emoji: \ud83d, and a whole one: 🪁',
  'مرحبا \u202e odd \u202c line\u2028separator',
  'nul: \u0000, tab: \t, quote: " \\ /',
  'x'.repeat(2000),
  '',
] as const;

/** What does not change about a build. */
export function textsOfBuild(
  random: Random,
  pipeline: PipelineHistory,
  triggeredBy: JobHistory | undefined,
): Row {
  const { slug } = pipeline.organization;
  const isTriggered = triggeredBy !== undefined;
  const author = authorOf(random);
  return {
    message: random.pick(messages),
    commit: random.chance(0.15) ? 'HEAD' : random.hexadecimal(40),
    branch: random.pick(['main', 'main', 'fix/flaky', 'feature/🪁']),
    tag: random.chance(0.1) ? 'v1.2.3' : null,
    source: isTriggered ? 'trigger_job' : random.pick(['webhook', 'api', 'ui', 'schedule']),
    // A build that the system makes has no creator.
    creator: random.chance(0.2) ? null : userRow(slug, random.integer(0, PEOPLE - 1)),
    ...(author === undefined ? {} : { author }),
    pull_request: pullRequestOf(random),
    merge_queue: null,
    rebuilt_from: null,
  };
}

/** An object, an e-mail as a bare text (go-buildkite reads both), null, or no such key. */
function authorOf(random: Random): unknown {
  return random.pick([
    { username: 'ada', name: 'Ada Byron', email: 'ada@acme.example' },
    { name: 'Grace', email: 'grace@acme.example' },
    'linus@acme.example',
    null,
    undefined,
  ]);
}

/** null in recordings, `{}` in the docs, and an object whose id is a text. */
function pullRequestOf(random: Random): Row | null {
  const kind = random.next();
  if (kind < 0.4) return null;
  if (kind < 0.6) return {};
  return {
    id: String(random.integer(1, 4000)),
    base: 'main',
    repository: 'https://github.com/acme/web.git',
  };
}

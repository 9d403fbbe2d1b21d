import { onTestFinished } from 'vitest';
import type { BuildkiteBehaviourOptions } from '../sandbox/buildkite/behaviour.js';
import type { BuildkiteSource } from '../sandbox/buildkite/holdings.js';
import { type BuildkiteSandbox, serveBuildkite } from '../sandbox/buildkite/serve.js';
import { MINUTE } from '../sandbox/buildkite/time.js';
import {
  type BuildkiteWorld,
  type BuildkiteWorldOptions,
  createBuildkiteWorld,
} from '../sandbox/buildkite/world.js';
import type { BinaryResult } from './binary.js';
import { type Message, messagesOf } from './calm.js';
import { type DoorOptions, runWith } from './door.js';

/** Noon of a day, on which the scripted histories take place. */
export const noon = Date.UTC(2026, 2, 10, 12);

/** A history by hand of a well-behaved API, whose clock stands still two days later. */
export function quietWorld(options: BuildkiteWorldOptions = {}): BuildkiteWorld {
  return createBuildkiteWorld({
    builds: 0,
    start: noon,
    now: noon + 2 * 24 * 60 * MINUTE,
    tickMs: 0,
    pipelines: ['web', 'api'],
    ...options,
    coins: {
      date: 'present',
      ties: 'none',
      archivedPipelines: 'listed',
      memberPages: 'pages',
      ...options.coins,
    },
  });
}

/** Serves a Buildkite until the test is over. */
export async function servedBuildkite<World extends BuildkiteSource>(
  world: World,
  behaviour: BuildkiteBehaviourOptions = {},
): Promise<BuildkiteSandbox<World>> {
  const sandbox = await serveBuildkite(world, behaviour);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** The settings of a sync of everything against a sandbox. */
export function buildkiteSettings({ token, url }: BuildkiteSandbox): Record<string, unknown> {
  return { buildkite_token: token, buildkite_base_url: url, start_date: '2020-01-01' };
}

/** Runs the built program against a sandbox, its clock standing still at the sandbox's time. */
export function runDoor(sandbox: BuildkiteSandbox, options: DoorOptions = {}): Promise<BinaryResult> {
  return runWith(sandbox, buildkiteSettings(sandbox), options);
}

/** The rows of each stream that were written, in order. */
export function rowsOf(stdout: string): Map<string, Message['record'][]> {
  const rows = new Map<string, Message['record'][]>();
  for (const { type, stream, record } of messagesOf(stdout)) {
    if (type === 'RECORD') rows.set(stream, [...(rows.get(stream) ?? []), record]);
  }
  return rows;
}

/** The last state that was written. */
export function lastState(stdout: string): unknown {
  return messagesOf(stdout).findLast(({ type }) => type === 'STATE')?.value;
}

/** Lines of the log of this level. */
export function logged(stderr: string, level: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith(`${level} `));
}

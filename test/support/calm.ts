import { onTestFinished } from 'vitest';
import type { Coins } from '../sandbox/coins.js';
import { MINUTE } from '../sandbox/rows.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import type { World } from '../sandbox/world.js';
import { at, script } from './diary.js';

/** Two days after the start of a scripted history. */
export const today = at(2);

/** The projects, each with one pipeline of one finished workflow, on a well-behaved API whose clock stands still. */
export function calmWorld(projects: readonly string[] = ['gh/acme/web'], coins: Partial<Coins> = {}): World {
  const world = script({ projects, coins });
  for (const project of projects) {
    const pipeline = world.addPipeline({ project, createdAt: at(1) });
    world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(1) + 5 * MINUTE });
  }
  world.now = today;
  return world;
}

/** Serves a history until the test is over. */
export async function served(world: World = calmWorld()): Promise<Sandbox<World>> {
  const sandbox = await serve(world);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** The settings of a sync against a sandbox. */
export function settingsFor(sandbox: Sandbox<World>): Record<string, unknown> {
  return {
    token: sandbox.token,
    project_slugs: [...sandbox.world.slugs],
    base_url: sandbox.url,
    start_date: '2024-01-01',
  };
}

/** Variables with which the program's clock stands still at the sandbox's time. */
export function stillClock({ world }: { readonly world: { readonly now: number } }): Record<string, string> {
  return { CLOCK_START: String(world.now), CLOCK_SPEED: '0' };
}

/** A line of a stack trace, as Node prints it or as the log does. */
export const stackLine = /^(?:[A-Z]+)?\s+at \S/m;

/** A message as far as tests look at it. */
export interface Message {
  readonly type: string;
  readonly stream: string;
  readonly schema: object;
  readonly record: Readonly<Record<string, unknown>>;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The messages on stdout; every line has to be whole, and a JSON object. */
export function messagesOf(stdout: string): Message[] {
  if (stdout === '') return [];
  if (!stdout.endsWith('\n')) throw new Error(`The last line is torn: ${stdout.slice(-100)}`);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line): Message => {
      const message = JSON.parse(line);
      if (typeof message?.type !== 'string') throw new Error(`No message: ${line.slice(0, 100)}`);
      return message;
    });
}

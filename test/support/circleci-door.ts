import type { WorldOptions } from '../sandbox/options.js';
import type { Sandbox } from '../sandbox/serve.js';
import { createWorld, type World } from '../sandbox/world.js';
import { type BinaryResult, runIn } from './binary.js';
import { settingsFor, stillClock } from './calm.js';

/** All streams of CircleCI, by their groups. */
export const everything = 'core,organization,project,configuration,details,logs,tests,artifacts';

/** A generated history with everything in it, whose clock stands still. */
export function busyWorld(options: WorldOptions = {}): World {
  return createWorld({
    seed: 3,
    projects: ['gh/acme/web', 'gh/acme/api', 'bb/umbrella/old'],
    pipelines: 14,
    reruns: 8,
    pageSize: 4,
    tickMs: 0,
    ...options,
    coins: { date: 'present', ...options.coins },
  });
}

export interface DoorOptions {
  readonly settings?: object;
  readonly streams?: string | readonly string[];
  readonly state?: unknown;
  readonly catalog?: unknown;
  /** Before the config. */
  readonly args?: readonly string[];
}

/** Runs the built program against a sandbox, its clock standing still at the sandbox's time. */
export function runDoor(sandbox: Sandbox<World>, options: DoorOptions = {}): Promise<BinaryResult> {
  const { settings = {}, streams, state, catalog, args = [] } = options;
  const files = {
    'config.json': {
      ...settingsFor(sandbox),
      max_retries: 0,
      ...(streams === undefined ? {} : { streams }),
      ...settings,
    },
    ...(state === undefined ? {} : { 'state.json': state }),
    ...(catalog === undefined ? {} : { 'catalog.json': catalog }),
  };
  const named = [
    ...(state === undefined ? [] : ['--state', 'state.json']),
    ...(catalog === undefined ? [] : ['--catalog', 'catalog.json']),
  ];
  return runIn(files, [...args, '--config', 'config.json', ...named], stillClock(sandbox));
}

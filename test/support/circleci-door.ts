import type { WorldOptions } from '../sandbox/options.js';
import type { Sandbox } from '../sandbox/serve.js';
import { createWorld, type World } from '../sandbox/world.js';
import type { BinaryResult } from './binary.js';
import { settingsFor } from './calm.js';
import { type DoorOptions, runWith } from './door.js';

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

/** Runs the built program against a sandbox, its clock standing still at the sandbox's time. */
export function runDoor(sandbox: Sandbox<World>, options: DoorOptions = {}): Promise<BinaryResult> {
  return runWith(sandbox, { ...settingsFor(sandbox), max_retries: 0 }, options);
}

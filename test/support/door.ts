import { type BinaryResult, runIn } from './binary.js';
import { stillClock } from './calm.js';

/** What is particular to a run of the built program against a sandbox. */
export interface DoorOptions {
  /** Over those with which the sandbox is read. */
  readonly settings?: object;
  readonly streams?: string | readonly string[];
  readonly state?: unknown;
  readonly catalog?: unknown;
  /** Before the config. */
  readonly args?: readonly string[];
}

/** Runs the built program with these settings, its clock standing still at the sandbox's time. */
export function runWith(
  sandbox: { readonly world: { readonly now: number } },
  ownSettings: object,
  { settings = {}, streams, state, catalog, args = [] }: DoorOptions,
): Promise<BinaryResult> {
  const files = {
    'config.json': { ...ownSettings, ...(streams === undefined ? {} : { streams }), ...settings },
    ...(state === undefined ? {} : { 'state.json': state }),
    ...(catalog === undefined ? {} : { 'catalog.json': catalog }),
  };
  const named = [
    ...(state === undefined ? [] : ['--state', 'state.json']),
    ...(catalog === undefined ? [] : ['--catalog', 'catalog.json']),
  ];
  return runIn(files, [...args, '--config', 'config.json', ...named], stillClock(sandbox));
}

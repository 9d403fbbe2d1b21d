import { TapError } from '../errors.js';
import { readJson, whereFrom } from '../files/json-file.js';
import { isObject } from '../json.js';

type Settings = Record<string, unknown>;

/** Stands for a file name: settings come from the environment alone. */
const fromEnvironment = 'ENV';
const prefix = 'TAP_CIRCLE_CI_';
const isSetting = new RegExp(`^${prefix}[A-Z]`);

/**
 * Puts the settings together: of several files the later wins, and variables such as TAP_CIRCLE_CI_TOKEN fill in
 * what the files leave out. Null and the empty string count as left out, as Meltano and Stitch write them.
 * @param files names of JSON files, or `ENV` for none
 * @returns settings by their names, unchecked, also those that do not exist
 * @throws TapError when a file cannot be read or holds no object
 */
export function gatherSettings(files: readonly string[], environment: NodeJS.ProcessEnv): Settings {
  const settings: Settings = {};
  for (const file of files) {
    if (file === fromEnvironment) continue;
    Object.assign(settings, withoutEmpty(asSettings(readJson(file, 'config'), file)));
  }
  return { ...settingsIn(environment), ...settings };
}

function asSettings(value: unknown, file: string): Settings {
  if (isObject(value)) return { ...value };
  // Not the value, which may be a secret.
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  throw new TapError(`The config file ${file} holds ${found}, not an object.`, { next: whereFrom.config });
}

function withoutEmpty(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== ''));
}

/** Variables that name no setting come along, so that they are told of; not Meltano's TAP_CIRCLE_CI__SELECT and the like. */
function settingsIn(environment: NodeJS.ProcessEnv): Settings {
  const variables = Object.entries(environment).filter(([variable]) => isSetting.test(variable));
  return withoutEmpty(
    Object.fromEntries(
      variables.map(([variable, value]) => [variable.slice(prefix.length).toLowerCase(), value]),
    ),
  );
}

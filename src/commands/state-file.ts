import { TapError } from '../errors.js';
import { readJson } from '../files/json-file.js';
import { isObject } from '../json.js';

/** Whether a JSON value is a STATE message, which has the state in its `value`. */
export function isStateMessage(value: unknown): value is { readonly value: unknown } {
  return isObject(value) && value.type === 'STATE' && 'value' in value;
}

/**
 * Reads a state that the user named, of whatever shape.
 * @param file its name
 * @throws TapError when it cannot be read or is not JSON, and for a whole STATE message, whose members would be taken
 *   for a state without bookmarks
 */
export function readStateFile(file: string): unknown {
  const value = readJson(file, 'state');
  if (!isStateMessage(value)) return value;
  throw new TapError(`The state file ${file} holds a whole STATE message.`, {
    next: `Take its value: tap-circle-ci state last < ${file}`,
  });
}

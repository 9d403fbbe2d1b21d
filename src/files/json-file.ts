import { readFileSync } from 'node:fs';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { TapError } from '../errors.js';

/** Files that the user names, each with where a good one comes from. */
export const whereFrom = {
  config: 'sample-config.json shows what a config looks like.',
  catalog: 'Make one with: tap-circle-ci --config config.json --discover > catalog.json',
  state: 'Give the value of the last STATE that an earlier run wrote, or leave --state out.',
} as const;

/**
 * Reads and parses a JSON file that the user named; a byte order mark at its start is passed over.
 * @param what it is to hold, for the error
 * @throws TapError naming the file and why it cannot be read, or line and column of what is not JSON
 */
export function readJson(file: string, what: keyof typeof whereFrom): unknown {
  const text = readText(file, what);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TapError(`The ${what} file ${file} is not JSON: ${placeOfError(text)}.`, {
      next: whereFrom[what],
      cause: error,
    });
  }
}

function readText(file: string, what: keyof typeof whereFrom): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = reasons[code] ?? `cannot be read (${code})`;
    throw new TapError(`The ${what} file ${file} ${why}.`, { next: whereFrom[what], cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'cannot be read: permission denied',
  EISDIR: 'is a folder',
};

/** JSON.parse does not say where on every version of Node. */
function placeOfError(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true });
  const [error] = errors;
  if (error === undefined) return 'it has characters that JSON does not allow in strings';
  const before = text.slice(0, error.offset).split('\n');
  const what = printParseErrorCode(error.error).replace(
    /(?<=[a-z])[A-Z]/g,
    (letter) => ` ${letter.toLowerCase()}`,
  );
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what.toLowerCase()}`;
}

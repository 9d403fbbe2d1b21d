import { TapError } from '../errors.js';
import { namesIn } from './values.js';

/** Whether something, named by its segments, is wanted. */
type Globs = (...segments: readonly string[]) => boolean;

/**
 * Patterns such as `acme/web-*` and `!acme/web-old`. What one of them names is wanted, or everything where all of them
 * exclude; what an excluding one names is not, whatever the order.
 * @param name what the user calls the setting
 * @param segments what stands between the slashes: `['organization', 'pipeline']`
 * @throws TapError naming the setting and the pattern that is none
 */
export function parseGlobs(
  setting: string | readonly string[],
  name: string,
  segments: readonly string[],
): Globs {
  const form = segments.map((segment) => `<${segment}>`).join('/');
  const next = `Write ${form}: * stands for anything but a slash, ? for one character, and ! in front excludes.`;
  const patterns = namesIn(setting);
  if (patterns.length === 0) throw new TapError(`${name} has no pattern.`, { next });
  const wrong = patterns.find((pattern) => !isGlob(pattern, segments.length));
  if (wrong !== undefined) {
    throw new TapError(`${name} has ${JSON.stringify(wrong)}, which is not a pattern for ${form}.`, { next });
  }
  const included = patterns.filter((pattern) => !pattern.startsWith('!')).map(expression);
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map(expression);
  return (...given) => {
    const text = given.join('/');
    const isNamed = included.length === 0 || included.some((pattern) => pattern.test(text));
    return isNamed && !excluded.some((pattern) => pattern.test(text));
  };
}

/** The segments of each pattern that names one thing alone, in small letters; the excluding ones left out. */
export function plainNames(setting: string | readonly string[]): string[][] {
  return namesIn(setting)
    .filter((pattern) => !/[!*?]/.test(pattern))
    .map((pattern) => pattern.toLowerCase().split('/'));
}

/** Other tools' braces, brackets and backslashes would be taken as they stand, and match nothing. */
function isGlob(pattern: string, segments: number): boolean {
  const parts = pattern.replace(/^!/, '').split('/');
  return parts.length === segments && parts.every((part) => /^[^\s!()[\]{}\\]+$/.test(part));
}

/** No two slugs differ in case alone, so a name that is written with capitals still finds its slug. */
function expression(pattern: string): RegExp {
  const escaped = pattern.replace(/^!/, '').replace(/[.+^$|]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '[^/]*').replaceAll('?', '[^/]')}$`, 'i');
}

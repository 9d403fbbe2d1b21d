import { parseISO } from 'date-fns/parseISO';
import { TapError } from '../errors.js';

/** What a setting lists, each once: an array, or a string with white space or commas between them. */
export function namesIn(setting: string | readonly string[]): string[] {
  const texts = typeof setting === 'string' ? setting.split(/[\s,]+/) : setting.map((text) => text.trim());
  return [...new Set(texts.filter((text) => text !== ''))];
}

/**
 * Milliseconds since 1970 of a date, `2026-01-31` (midnight in UTC), or of a date-time with `T` or a blank in it and
 * its offset, `Z`, `+01:00`, `+0100` or `+01`, behind it. Of ISO 8601 a date-time may have any form, also the short ones
 * `2026-01-31T12:00Z` and `20260131T120000Z`. Undefined where the setting is not given.
 * @param name what the user calls the setting or option
 * @throws TapError naming the setting: a date-time without offset would mean another time on every machine
 */
export function dateSetting(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const hasOffset = /[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text);
  const time = isDate || hasOffset ? parseISO(isDate ? `${text}T00:00:00Z` : text).getTime() : Number.NaN;
  if (!Number.isNaN(time)) return time;
  const withoutOffset = !hasOffset && /[T ]/.test(text) && !Number.isNaN(parseISO(text).getTime());
  throw new TapError(
    `${name} is ${JSON.stringify(text)}, which is ${withoutOffset ? 'a time without its offset' : 'no date'}.`,
    { next: 'Write a date such as 2026-01-31 (midnight in UTC), or a time such as 2026-01-31T12:00:00Z.' },
  );
}

/**
 * The address of an API.
 * @param advice the setting where a secret belongs, and what to write when it is no address
 * @throws TapError naming the setting
 */
export function urlSetting(
  name: string,
  text: string,
  advice: { readonly secret: string; readonly next: string },
): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  // Not shown: what stands before an @ may be a password.
  if (isHttp ? url.username + url.password !== '' : text.includes('@')) {
    throw new TapError(`${name} has a user name or password in it.`, {
      next: `Use the setting "${advice.secret}" instead.`,
    });
  }
  const [shown = ''] = text.split(/[?#]/);
  if (isHttp && shown !== text) {
    throw new TapError(`${name} has a query or a fragment behind ${shown}.`, { next: 'Leave it out.' });
  }
  if (isHttp) return url;
  throw new TapError(`${name} is ${JSON.stringify(shown)}, which is no http or https URL.`, {
    next: advice.next,
  });
}

/** A text that is sent as a header. @throws TapError naming the setting and the place, not the text */
export function headerSetting(name: string, text: string): string {
  const position = text.search(/[^ -~]/);
  if (position < 0) return text;
  const found = /[\r\n]/.test(text.charAt(position)) ? 'a line break' : 'a character that is not ASCII';
  throw new TapError(`${name} has ${found} at position ${position + 1}, which no HTTP header can carry.`, {
    next: 'Copy it again, as one line of plain letters, digits and signs.',
  });
}

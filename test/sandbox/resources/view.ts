import type { Coins } from '../coins.js';
import type { ProjectHistory } from '../history.js';
import type { ResolvedOptions } from '../options.js';
import type { Refusal, Sequence } from '../pages.js';
import { page, withoutNotFound } from '../pages.js';
import type { Random } from '../random.js';
import type { Page } from '../rows.js';
import { DAY } from '../rows.js';
import { shortSlug } from '../source.js';
import type { Places } from './places.js';

/** A world at a time: all that the resources are made from, beside random numbers of their own. */
export interface View {
  readonly now: number;
  readonly seed: number;
  readonly coins: Coins;
  readonly options: ResolvedOptions;
  readonly pageSize: number;
  readonly outputOrigin: string;
  readonly projects: readonly ProjectHistory[];
  readonly places: Places;
}

export function projectNamed(
  { projects, now }: Pick<View, 'projects' | 'now'>,
  slug: string,
): ProjectHistory | undefined {
  const short = shortSlug(slug);
  return projects.find(
    (project) => (project.slug === short && project.renamedAt <= now) || project.formerSlugs.includes(short),
  );
}

/** A page of rows that are at hand. `list` names it, so that a page token of another list is refused. */
export function pageOf<Row>(
  view: View,
  list: string,
  rows: readonly Row[],
  token: string | null,
  key?: (row: Row) => string,
): Page<Row> | Refusal {
  const positions: Sequence<number> = {
    length: rows.length,
    at: (position) => position,
    keyOf: (position) => (key === undefined ? String(position) : key(rows[position] as Row)),
    after: (last) => (key === undefined ? Number(last) : rows.findIndex((row) => key(row) === last)) + 1,
  };
  const slice = page(list, positions, token, view.pageSize, withoutNotFound(view.coins));
  if (typeof slice === 'string') return slice;
  return {
    items: slice.items.map((position) => rows[position] as Row),
    next_page_token: slice.nextPageToken,
  };
}

/** When a setting begins: before the history, or, where that may be, in the first half of its days. */
export function bornAt(view: View, random: Random): number {
  const { start, features } = view.options;
  const late = random.chance(0.3);
  const before = random.between(start - 400 * DAY, start - DAY);
  const during = random.between(start, settledAt(view.options));
  return Math.floor(features.lateSettings && late ? during : before);
}

/** When a setting is changed; undefined for one that is not, and before it is. */
export function changedAt(view: View, random: Random, born: number): number | undefined {
  const changes = random.chance(0.3);
  const at = Math.floor(random.between(Math.max(born, view.options.start), settledAt(view.options)));
  return view.options.features.lateSettings && changes && at <= view.now ? at : undefined;
}

/** From then on no setting begins or changes. */
export function settingsQuietFrom(options: ResolvedOptions): number {
  return options.features.lateSettings ? settledAt(options) : Number.NEGATIVE_INFINITY;
}

const settledAt = ({ start, days }: ResolvedOptions): number => start + (days / 2) * DAY;

/** Different names, however many. */
export function named(names: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, position) => {
    const round = Math.floor(position / names.length);
    const name = names[position % names.length] as string;
    return round === 0 ? name : `${name}_${round + 1}`;
  });
}

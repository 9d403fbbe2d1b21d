import type { Row } from '../source.js';
import type { View } from './view.js';

/**
 * Rows are written with underscores here. The spec has hyphens in some of them, where other clients have recorded or
 * expect underscores, so either may come.
 */
const hyphens = {
  // pycircleci's fixture has vcs_type.
  collaboration: ['vcs_type'],
  // discuss.circleci.com/t/46619, and the OpenAPI document of kelvintaywl/circleci-go-sdk.
  checkoutKey: ['public_key', 'created_at'],
  webhook: ['verify_tls', 'signing_secret', 'created_at', 'updated_at'],
  // CircleCI's Go SDK reads created-at, its command line created_at.
  environmentVariable: ['created_at'],
} as const;

export function spelled(view: View, resource: keyof typeof hyphens, row: Row): Row {
  const names: readonly string[] = hyphens[resource];
  if (view.coins.spelling === 'as the spec') return renamed(row, (name) => names.includes(name));
  // Clients do not agree on these two: kelvintaywl's reads underscores, CircleCI's Go SDK hyphens.
  const disputed = view.seed % 2 === 0 ? ['verify_tls', 'signing_secret'] : [];
  return renamed(row, (name) => disputed.includes(name));
}

/** Schedules come with hyphens, in the spec and in pycircleci's fixture; but `parameters` are the user's own words. */
export function spelledSchedule({ timetable, ...row }: Row & { readonly timetable: Row }): Row {
  return { ...renamed(row, () => true), timetable: renamed(timetable, () => true) };
}

/** So does the config of a pipeline: `setup-config`. */
export const spelledConfig = (row: Row): Row => renamed(row, () => true);

function renamed(row: Row, isHyphenated: (name: string) => boolean): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      isHyphenated(name) ? name.replaceAll('_', '-') : name,
      value,
    ]),
  );
}

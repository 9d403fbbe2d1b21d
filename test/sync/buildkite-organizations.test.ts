import { expect, it } from 'vitest';
import { quietWorld, rowsOf } from '../support/buildkite-door.js';
import { runBuildkiteInProcess } from '../support/in-process.js';

it('an organization that does not say its id is left out, and that is said', async () => {
  const { stdout, log, error } = await runBuildkiteInProcess(quietWorld(), {
    config: { streams: 'buildkite_organizations' },
    alters: (path, body) =>
      path.startsWith('/organizations?') && Array.isArray(body)
        ? [...body, { id: null, slug: 'ghost' }]
        : body,
  });
  expect(error).toBeUndefined();
  expect(
    rowsOf(stdout)
      .get('buildkite_organizations')
      ?.map((row) => row?.slug),
  ).toEqual(['acme']);
  expect(log).toContain('WARNING Buildkite: 1 rows say nothing of their key and were left out.\n');
});

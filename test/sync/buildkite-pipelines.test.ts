import { describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/http/client.js';
import { pipelineSlugOf } from '../../src/sync/buildkite/build-list.js';
import { Pipelines } from '../../src/sync/buildkite/pipelines.js';
import { BuildkiteHistoryClient } from '../support/buildkite-client.js';
import { noon, quietWorld } from '../support/buildkite-door.js';

const of = (slug: string) => ({
  url: `https://api.buildkite.com/v2/organizations/acme/pipelines/${slug}/builds/7`,
});

/** The pipelines of a world that lists those of `listed` alone. */
function pipelinesOf(listed: readonly string[], isRead = (_: string, slug: string) => slug !== 'secret') {
  const world = quietWorld({ pipelines: ['web', 'api', 'secret'] });
  const requests: string[] = [];
  const { signal } = new AbortController();
  const client: ApiClient = new BuildkiteHistoryClient(world, { signal, requests, clock: () => noon });
  const rows = (world.history[0]?.pipelines ?? []).map(({ id, slugs }) => ({
    id,
    slug: slugs[0]?.slug ?? '',
  }));
  const known = rows.filter(({ slug }) => listed.includes(slug));
  const pipelines = new Pipelines(
    client,
    'acme',
    known.map((row) => ({ ...row, row, receivedAt: noon })),
    isRead,
  );
  const idOf = (slug: string) => rows.find((row) => row.slug === slug)?.id;
  return { pipelines, requests, idOf };
}

describe('the pipelines of an organization', () => {
  it('are those that are listed and named', () => {
    const { pipelines, idOf } = pipelinesOf(['web', 'api', 'secret']);
    expect(pipelines.count).toBe(3);
    expect(pipelines.ids).toEqual([idOf('web'), idOf('api')]);
    expect(pipelines.idOf(of('web'))).toBe(idOf('web'));
    expect(pipelines.idOf(of('secret'))).toBeUndefined();
    expect(pipelines.idOf(of('unheard-of'))).toBeUndefined();
    expect(pipelines.idOf({})).toBeUndefined();
  });

  it('are learnt from builds where the list leaves one out, each asked for once', async () => {
    const { pipelines, requests, idOf } = pipelinesOf(['web']);
    await pipelines.learn(['web', 'api', 'api', undefined]);
    await pipelines.learn(['api']);
    expect(requests).toEqual(['/organizations/acme/pipelines/api']);
    expect(pipelines.ids).toEqual([idOf('web'), idOf('api')]);
    expect(pipelines.above(idOf('api') ?? '')).toEqual({
      buildkite_organizations: { slug: 'acme' },
      buildkite_pipelines: { id: idOf('api'), slug: 'api' },
    });
  });

  it('are not read where they are not named, and one that is gone is asked for once', async () => {
    const { pipelines, requests, idOf } = pipelinesOf(['web']);
    await pipelines.learn(['secret', 'gone']);
    await pipelines.learn(['secret', 'gone']);
    expect(requests).toHaveLength(2);
    expect(pipelines.ids).toEqual([idOf('web')]);
    expect(pipelines.idOf(of('secret'))).toBeUndefined();
  });
});

describe("the slug of a build's pipeline", () => {
  it.each([
    [of('web').url, 'web'],
    [of('a%20b').url, 'a b'],
    ['https://api.buildkite.com/v2/organizations/acme/builds/7', undefined],
    [null, undefined],
  ])('in %s is %s', (url, slug) => {
    expect(pipelineSlugOf({ url })).toBe(slug);
  });
});

import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.js';
import type { ApiClient } from '../../src/http/client.js';
import { pipelineSlugOf } from '../../src/sync/buildkite/build-list.js';
import { Pipelines } from '../../src/sync/buildkite/pipelines.js';
import { BuildkiteHistoryClient } from '../support/buildkite-client.js';
import { noon, quietWorld } from '../support/buildkite-door.js';

const of = (slug: string) => ({
  url: `https://api.buildkite.com/v2/organizations/acme/pipelines/${slug}/builds/7`,
});

/** The pipelines of a world that lists those of `listed` alone. */
function pipelinesOf(
  listed: readonly string[],
  isRead = (_: string, slug: string) => slug !== 'secret',
  breaks?: (path: string) => HttpError | undefined,
) {
  const world = quietWorld({ pipelines: ['web', 'api', 'secret'] });
  const requests: string[] = [];
  const { signal } = new AbortController();
  const client: ApiClient = new BuildkiteHistoryClient(world, {
    signal,
    requests,
    clock: () => noon,
    breaks,
  });
  const rows = (world.history[0]?.pipelines ?? []).map(({ id, slugs }) => ({
    id,
    slug: slugs[0]?.slug ?? '',
  }));
  const known = rows.filter(({ slug }) => listed.includes(slug));
  const refused: string[] = [];
  const pipelines = new Pipelines({
    client,
    organization: 'acme',
    listed: known.map((row) => ({ ...row, row, receivedAt: noon })),
    isRead,
    refused: (slug) => refused.push(slug),
  });
  const idOf = (slug: string) => rows.find((row) => row.slug === slug)?.id;
  return { pipelines, requests, refused, idOf };
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

  it('are not asked for where they are not named, and one that is gone is asked for once', async () => {
    const { pipelines, requests, idOf } = pipelinesOf(['web']);
    await pipelines.learn(['secret', 'gone']);
    await pipelines.learn(['secret', 'gone']);
    expect(requests).toEqual(['/organizations/acme/pipelines/gone']);
    expect(pipelines.ids).toEqual([idOf('web')]);
    expect(pipelines.idOf(of('secret'))).toBeUndefined();
  });

  it('are left out where the token must not read them, which is told once', async () => {
    const breaks = (path: string) =>
      new HttpError(`GET ${path} answered 403.`, { failure: 'forbidden', path, status: 403 });
    const { pipelines, requests, refused } = pipelinesOf(['web'], undefined, breaks);
    await pipelines.learn(['api']);
    await pipelines.learn(['api']);
    expect({ refused, asked: requests.length }).toEqual({ refused: ['api'], asked: 1 });
    expect(pipelines.idOf(of('api'))).toBeUndefined();
  });

  it('are gone where nothing, or another one, answers to the name of one that is not listed', async () => {
    const { pipelines, idOf } = pipelinesOf(['web', 'secret']);
    await pipelines.learn(['api', 'gone']);
    expect(pipelines.isGone('id-1', 'gone')).toBe(true);
    expect(pipelines.isGone('id-1', 'web')).toBe(true);
    expect(pipelines.isGone(idOf('api') ?? '', 'api')).toBe(false);
    // Another name of one that is there.
    expect(pipelines.isGone(idOf('web') ?? '', 'gone')).toBe(false);
    expect(pipelines.isGone('id-1', 'never-learnt')).toBe(false);
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

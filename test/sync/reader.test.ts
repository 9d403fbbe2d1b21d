import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.js';
import type { Answer, ApiClient, GetOptions } from '../../src/http/client.js';
import { jobEnv } from '../../src/streams/buildkite/job-env.js';
import { jobLogs } from '../../src/streams/buildkite/job-logs.js';
import { jobs } from '../../src/streams/buildkite/jobs.js';
import { members } from '../../src/streams/buildkite/members.js';
import { tests } from '../../src/streams/buildkite/tests.js';
import { user } from '../../src/streams/buildkite/user.js';
import { keyOf, Reader, type ReaderOptions } from '../../src/sync/reader.js';

const noon = Date.UTC(2026, 2, 10, 12);

const above = {
  buildkite_organizations: { slug: 'acme' },
  buildkite_pipelines: { id: 'p', slug: 'web & co' },
  buildkite_builds: { id: 'b', number: 7, created_at: '2026-03-10T12:00:00.000Z' },
  buildkite_jobs: { id: 'j', type: 'script', state: 'passed', started_at: '2026-03-10T12:00:00.000Z' },
  buildkite_suites: { id: 's', slug: 'rspec' },
};

/** Reads a stream below those rows, each request answered in turn. */
async function read(
  definition: Parameters<Reader['pages']>[0],
  answers: readonly (Partial<Answer> | HttpError)[],
  options: Partial<ReaderOptions> = {},
) {
  const requests: { path: string; options: GetOptions }[] = [];
  const client: ApiClient = {
    get: async (path, _, asked = {}) => {
      const answer = answers[requests.push({ path, options: asked }) - 1];
      if (answer instanceof HttpError) throw answer;
      return { status: 200, headers: {}, body: [], receivedAt: noon, date: undefined, ...answer };
    },
  };
  const reader = new Reader({ client, tailBytes: 100, ...options });
  const pages = [];
  for await (const page of reader.pages(definition, above)) pages.push(page);
  return { requests, pages };
}

describe('a list that is paged by links', () => {
  it('is asked for 100 at a time, and then where each page leads', async () => {
    const next = 'https://api.buildkite.com/v2/organizations/acme/members?page=2';
    const { requests, pages } = await read(members, [
      { body: [{ id: 1 }, { id: 2 }], headers: { link: `<${next}>; rel="next"` } },
      { body: [{ id: 3 }] },
    ]);
    expect(requests.map(({ path }) => path)).toEqual(['/organizations/acme/members?per_page=100', next]);
    expect(pages.map((page) => page.map(({ row }) => row.id))).toEqual([[1, 2], [3]]);
    expect(pages[0]?.[0]).toEqual({
      row: { id: 1 },
      receivedAt: Date.UTC(2026, 2, 10, 12),
      foreignKeys: { organization_slug: 'acme' },
    });
  });

  it('takes its own headers along', async () => {
    const { requests } = await read(tests, [{}]);
    expect(requests[0]?.options.headers).toEqual({ 'buildkite-version': '2026-08-01' });
  });
});

describe('a list that is paged by a cursor in the body', () => {
  it('is followed, with the columns of all rows above, whose names are encoded in the path', async () => {
    const next = 'https://api.buildkite.com/v2/organizations/acme/jobs?after=x';
    const { requests, pages } = await read(jobs, [
      { body: { items: [{ id: 'j1' }], links: { next } } },
      { body: { items: [{ id: 'j2' }], links: { self: 'x' } } },
    ]);
    expect(requests.map(({ path }) => path)).toEqual([
      '/organizations/acme/pipelines/web%20%26%20co/builds/7/jobs?per_page=100',
      next,
    ]);
    expect(pages.flat().map(({ row }) => row.id)).toEqual(['j1', 'j2']);
    expect(pages[1]?.[0]?.foreignKeys).toEqual({
      build_id: 'b',
      build_number: 7,
      build_created_at: '2026-03-10T12:00:00.000Z',
      pipeline_id: 'p',
      pipeline_slug: 'web & co',
      organization_slug: 'acme',
    });
  });
});

describe('what is no list', () => {
  it('is one row, and asked for without a page', async () => {
    const { requests, pages } = await read(user, [{ body: { id: 'u' } }]);
    expect(requests.map(({ path }) => path)).toEqual(['/user']);
    expect(pages.flat().map(({ row }) => row)).toEqual([{ id: 'u' }]);
  });

  it('leaves as the source has it cleaned', async () => {
    const cleaned = () => ({ env: 'clean' });
    const { pages } = await read(jobEnv, [{ body: { env: { A: 'secret' } } }], { cleaned });
    expect(pages.flat().map(({ row }) => row)).toEqual([{ env: 'clean' }]);
  });
});

describe('the end of a text', () => {
  it('is asked for with what the cut may go through', async () => {
    const { requests } = await read(jobLogs, [{ body: 'text', bytes: 4 }]);
    expect(requests).toEqual([
      {
        path: '/organizations/acme/pipelines/web%20%26%20co/builds/7/jobs/j/log',
        options: { as: 'text', headers: { accept: 'text/plain', range: 'bytes=-1124' }, maxBytes: 1124 },
      },
    ]);
  });

  it('is never asked for as no bytes, which means something else to every server', async () => {
    const { requests, pages } = await read(jobLogs, [{ body: 'text', bytes: 4 }], { tailBytes: 0 });
    expect(requests[0]?.options.headers?.range).toBe('bytes=-1024');
    expect(pages[0]?.[0]?.row).toEqual({ content: '', size: 4, truncated: true });
  });

  it.each([
    [100, 'a'.repeat(100), 100, false],
    [100, `b${'a'.repeat(100)}`, 101, true],
    [100, `b${'a'.repeat(1000)}`, 1_000_000, true],
  ])('has %d bytes at the most, and tells whether that is all', async (most, body, bytes, truncated) => {
    const { pages } = await read(jobLogs, [{ body, bytes }]);
    expect(pages[0]?.[0]?.row).toEqual({ content: 'a'.repeat(most), size: bytes, truncated });
  });

  it('is empty where the server has no range of it to give (416)', async () => {
    const nothing = new HttpError('It has no bytes.', { failure: 'unreadable', path: '/log', status: 416 });
    const { pages } = await read(jobLogs, [nothing]);
    expect(pages[0]?.[0]?.row).toEqual({ content: '', size: 0, truncated: false });
  });

  it('fails where it fails for another reason', async () => {
    const failed = new HttpError('It failed.', { failure: 'unreadable', path: '/log', status: 500 });
    await expect(read(jobLogs, [failed])).rejects.toBe(failed);
  });

  it('has its secrets starred', async () => {
    const redacted = (text: string) => text.replaceAll('token', '***');
    const { pages } = await read(jobLogs, [{ body: 'the token', bytes: 9 }], { redacted });
    expect(pages[0]?.[0]?.row).toEqual({ content: 'the ***', size: 9, truncated: false });
  });
});

describe('rows that have nothing below them', () => {
  it('are not asked for it', async () => {
    const waiting = { ...jobLogs, asks: () => false };
    const { requests, pages } = await read(waiting, []);
    expect({ requests, pages }).toEqual({ requests: [], pages: [] });
  });
});

describe('the key of a row', () => {
  it.each<[string, object, object, string | undefined]>([
    ['takes columns from above', { id: 'u' }, { organization_slug: 'acme' }, '["acme","u"]'],
    ['is none without a column', { id: 'u' }, {}, undefined],
    ['is none with an empty one', { id: '' }, { organization_slug: 'acme' }, undefined],
    ['is none with null', { id: null }, { organization_slug: 'acme' }, undefined],
  ])('%s', (_, row, foreignKeys, key) => {
    expect(keyOf(members, { row: { ...row }, foreignKeys: { ...foreignKeys }, receivedAt: 0 })).toBe(key);
  });
});

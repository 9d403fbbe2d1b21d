import { describe, expect, test } from 'vitest';
import { type Entry, emptyEntry } from '../../src/sync/entry.js';
import { State } from '../../src/sync/state.js';
import { merge, rewind } from '../../src/sync/state-edit.js';
import { createRandom } from '../sandbox/random.js';
import { createWorld } from '../sandbox/world.js';
import { Destination, differences } from '../support/destination.js';
import { at } from '../support/diary.js';
import { runInProcess } from '../support/in-process.js';
import { allStreams } from '../support/life.js';
import { holdsForAnySeed, leadsToTruth, timeout } from '../support/seeds.js';

const [web, api] = ['gh/acme/web', 'gh/acme/api'];
const day = 86_400_000;
const json = (value: unknown) => JSON.parse(JSON.stringify(value));
const whole: Entry = {
  since: at(50),
  from: at(5),
  deep: at(45),
  walk: { started: at(55), oldest: at(52), deep: true },
  range: { start: at(10), end: at(20), started: at(25), oldest: at(15) },
  open: new Map([['p', at(7)]]),
};

/** A state with the entries of one or more projects, by stream. */
function stateOf(entries: Record<string, Record<string, Partial<Entry>>>): State {
  const state = new State();
  for (const [stream, projects] of Object.entries(entries)) {
    for (const [project, entry] of Object.entries(projects)) {
      state.set(stream, project, { ...emptyEntry, ...entry });
    }
  }
  return state;
}

describe('rewind', () => {
  test('sets since and deep back and forgets the walk, and leaves the rest', () => {
    const state = stateOf({ jobs: { [web]: whole } });
    expect(rewind(state, at(30), {})).toBe(1);
    const { from, range, open } = whole;
    expect(state.entry('jobs', web)).toEqual({
      since: at(30),
      from,
      deep: at(30),
      walk: undefined,
      range,
      open,
    });
  });

  // Such a walk has read what is to be read again, though the bookmark does not say so yet.
  test('forgets a walk that began later than the date, and leaves a bookmark that lies before it', () => {
    const state = stateOf({ jobs: { [web]: whole } });
    expect(rewind(state, at(52), {})).toBe(1);
    expect(state.entry('jobs', web)).toMatchObject({ since: at(50), deep: at(45), walk: undefined });
  });

  test('leaves a deep look-back that was before, or never', () => {
    for (const deep of [at(20), undefined]) {
      const state = stateOf({ jobs: { [web]: { ...whole, deep } } });
      rewind(state, at(30), {});
      expect(state.entry('jobs', web).deep).toBe(deep);
    }
  });

  test('leaves bookmarks alone that are no later, and streams that have none', () => {
    const entries = { jobs: { [web]: { since: at(30) }, [api]: { open: new Map([['p', at(7)]]) } } };
    const state = stateOf(entries);
    expect(rewind(state, at(30), {})).toBe(0);
    expect(json(state)).toEqual(json(stateOf(entries)));
  });

  test.each<[string, Parameters<typeof rewind>[2], string[]]>([
    ['everything', {}, ['jobs gh/acme/api', 'jobs gh/acme/web', 'workflows gh/acme/web']],
    ['one stream', { streams: ['jobs'] }, ['jobs gh/acme/api', 'jobs gh/acme/web']],
    ['one project', { projects: [web] }, ['jobs gh/acme/web', 'workflows gh/acme/web']],
    [
      'one stream of one project',
      { streams: ['workflows', 'pipelines'], projects: [web] },
      ['workflows gh/acme/web'],
    ],
    ['nothing that is not there', { streams: ['pipelines'] }, []],
  ])('is for %s, as was selected', (_, selection, expected) => {
    const state = stateOf({ jobs: { [web]: whole, [api]: whole }, workflows: { [web]: whole } });
    expect(rewind(state, at(30), selection)).toBe(expected.length);
    const rewound = ['jobs', 'workflows'].flatMap((stream) =>
      state
        .projects(stream)
        .filter((project) => state.entry(stream, project).since === at(30))
        .map((project) => `${stream} ${project}`),
    );
    expect(rewound.sort()).toEqual(expected);
  });

  test('to any date makes the next run write everything again that was created since', async () => {
    let dates = 0;
    const property = async (seed: number) => {
      const random = createRandom(seed, 'rewind');
      const world = createWorld({ seed, pageSize: 4, pipelines: 15, reruns: 10 });
      const { start } = world.options;
      const config = { start_date: new Date(start + 5 * day).toISOString(), deep_every_days: 0 };
      let state: unknown;
      const run = async () => {
        const { stdout } = await runInProcess(world, { config, state });
        state = json(new Destination().load(stdout).states.at(-1)?.value);
        return stdout;
      };
      world.now = start + random.between(20, 40) * day;
      await run();
      world.advance(random.between(1, 30) * day);
      await run();
      const to = Math.floor(random.between(start, world.now));
      const edited = new State(json(state));
      expect(rewind(edited, to, {})).toBe(3);
      state = json(edited);
      world.advance(random.between(0, 3) * day);
      const destination = new Destination();
      destination.load(await run());
      const since = Math.max(to, start + 5 * day);
      dates += world.truth({ since }).pipelines.size > 0 ? 1 : 0;
      expect(differences(destination, world.truth({ since }), allStreams), `seed ${seed}`).toEqual([]);
    };
    await holdsForAnySeed(property, 8);
    expect(dates).toBeGreaterThan(0);
  });
});

describe('lives in which states are mended end up with what the API shows', timeout, () => {
  test.each([
    ['when the destination loses what is new, and the state is rewound', { rewinds: 0.2 }],
    ['when the destination is an older one again, and its state merged', { merges: 0.1, kills: 0.4 }],
  ])('%s', async (_, way) => {
    await holdsForAnySeed((seed) => leadsToTruth(seed, way));
  });
});

describe('merge', () => {
  const other: Entry = {
    ...emptyEntry,
    since: at(40),
    from: at(5),
    deep: at(48),
    open: new Map([['q', at(9)]]),
  };

  test('takes the older times and all open pipelines, and no interrupted walk', () => {
    for (const entries of [
      [whole, other],
      [other, whole],
    ]) {
      const merged = merge(entries.map((entry) => stateOf({ jobs: { [web]: entry } })));
      expect(merged.entry('jobs', web)).toEqual({
        ...emptyEntry,
        since: at(40),
        from: at(5),
        deep: at(45),
        open: new Map([
          ['p', at(7)],
          ['q', at(9)],
        ]),
      });
    }
  });

  test('has no bookmark where one of them has none yet', () => {
    const begun = { walk: { started: at(55), oldest: at(52), deep: false } };
    const merged = merge([stateOf({ jobs: { [web]: whole } }), stateOf({ jobs: { [web]: begun } })]);
    const { since, walk, open } = merged.entry('jobs', web);
    expect([since, walk, open]).toEqual([undefined, undefined, whole.open]);
  });

  test('keeps streams and projects that only one of them knows', () => {
    const merged = merge([
      stateOf({ jobs: { [web]: other } }),
      stateOf({ jobs: { [api]: other }, workflows: { [web]: other } }),
    ]);
    expect(merged.projects('jobs').sort()).toEqual([api, web]);
    for (const [stream, project] of [
      ['jobs', web],
      ['jobs', api],
      ['workflows', web],
    ] as const) {
      expect(merged.entry(stream, project)).toEqual(other);
    }
  });

  test('changes none of the states it is given', () => {
    const states = [stateOf({ jobs: { [web]: whole } }), stateOf({ jobs: { [web]: other } })];
    const before = json(states);
    merge(states);
    expect(json(states)).toEqual(before);
  });
});

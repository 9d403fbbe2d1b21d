import { plainCoins } from '../../sandbox/coins.js';
import type { WorkflowHistory } from '../../sandbox/history.js';
import { createRandom, type Random } from '../../sandbox/random.js';
import { DAY, HOUR, MINUTE, SECOND } from '../../sandbox/rows.js';
import { createWorld, type World } from '../../sandbox/world.js';

export const projects = ['gh/acme/web', 'gh/acme/api', 'gh/acme/infra'] as const;

/** Longer than a pipeline is young (6 h 10 min), so that everything has settled. */
export const peace = 7 * HOUR;
const seed = 1;
const days = 60;
const start = Date.UTC(2026, 0, 5);

/** How many things happen on the day of changes. */
const changes = { pipelines: 15, reruns: { ofTheDay: 8, ofTheDayBefore: 4, older: 8 }, approvals: 6 };
/** Releases that wait for an approval; most of them for days yet. */
const held = 24;

/**
 * Sixty days of three projects, as CircleCI is on record, at the time of the first sync; nothing happens in the hours of
 * peace after it. Time stands still unless it is moved: what a tap should hold is then what the API shows. Left out is
 * what ends a peer at once: workflows with a null id, and children that have expired.
 */
export function createHistory(pipelines: number): World {
  const world = createWorld({
    seed,
    projects: [...projects],
    start,
    days,
    // Reruns end with the pipelines, or the hours of peace would not be peaceful.
    tailDays: 0,
    pipelines,
    reruns: Math.round(pipelines / 8),
    features: {
      nullIdWorkflows: false,
      expiredChildren: false,
      // A lone half of an emoji is no text that a Python program can write.
      oddTexts: false,
      lateSettings: false,
      slowWorkflows: false,
      // An eighth of all workflows would be on hold; those here are added below.
      holds: false,
    },
    coins: plainCoins,
    now: start + days * DAY + 7 * HOUR,
    tickMs: 0,
  });
  // What was pending, or is set up late, may still fall into the hours of peace.
  while (rowsAt(world, world.now) !== rowsAt(world, world.now + peace)) world.advance(HOUR);
  addHeld(world, createRandom(seed, 'held'));
  return world;
}

/** All rows that the API shows at a time, as text. */
function rowsAt(world: World, time: number): string {
  const { now } = world;
  world.now = time;
  const { pipelines, workflows, jobs } = world.truth();
  world.now = now;
  return JSON.stringify([pipelines, workflows, jobs].map((rows) => [...rows.values()]));
}

/** Pipelines of two workflows, of which one waits for an approval; some get it on the day of changes. */
function addHeld(world: World, random: Random): void {
  const dayBegins = world.now + peace;
  for (let count = 0; count < held; count++) {
    const createdAt = world.now - random.between(8 * HOUR, 20 * DAY);
    const wait =
      count < changes.approvals ? random.between(HOUR, 22 * HOUR) : random.between(3 * DAY, 60 * DAY);
    const approvedAt = dayBegins + wait;
    const pipeline = world.addPipeline({ project: random.pick(projects), createdAt });
    // All workflows of a pipeline start within seconds, in no certain order.
    const soon = () => createdAt + random.between(200, 3 * SECOND);
    world.addWorkflow(pipeline, { createdAt: soon(), stoppedAt: createdAt + 6 * MINUTE, jobs: 4 });
    world.addWorkflow(pipeline, {
      name: 'release',
      createdAt: soon(),
      holdFrom: createdAt + MINUTE,
      approvedAt,
      stoppedAt: approvedAt + 10 * MINUTE,
      jobs: 4,
    });
  }
}

/** Lets a day pass in which there are new pipelines, reruns and late finishes. */
export function passDayOfChanges(world: World): void {
  const random = createRandom(seed, 'day of changes');
  const begins = world.now;
  const ends = begins + DAY;
  const old = workflowsOf(world).filter(({ stoppedAt }) => stoppedAt < begins);
  const isOfDayBefore = ({ createdAt }: WorkflowHistory) => createdAt >= begins - DAY;
  const fresh = addPipelines(world, random, begins);
  const { ofTheDay, ofTheDayBefore, older } = changes.reruns;
  const rerun = [
    ...drawn(random, fresh, ofTheDay),
    ...drawn(random, old.filter(isOfDayBefore), ofTheDayBefore),
    ...drawn(
      random,
      old.filter((workflow) => !isOfDayBefore(workflow)),
      older,
    ),
  ];
  for (const workflow of rerun) {
    const at = random.between(Math.max(begins, workflow.stoppedAt + MINUTE), ends);
    world.rerun(workflow, { at, fromFailed: workflow.status === 'failed' });
  }
  world.advance(DAY);
}

/** Returns the workflows that end early enough to be rerun on the same day. */
function addPipelines(world: World, random: Random, begins: number): WorkflowHistory[] {
  const workflows: WorkflowHistory[] = [];
  for (let count = 0; count < changes.pipelines; count++) {
    const createdAt = begins + random.between(0, DAY);
    const pipeline = world.addPipeline({ project: random.pick(projects), createdAt });
    for (let index = random.pick([1, 1, 2]); index > 0; index--) {
      const began = createdAt + random.between(200, 3 * SECOND);
      const workflow = world.addWorkflow(pipeline, {
        createdAt: began,
        stoppedAt: began + random.between(MINUTE, 3 * HOUR),
        status: random.pick(['success', 'success', 'failed']),
        jobs: random.chance(0.1) ? 25 : random.integer(1, 5),
      });
      workflows.push(workflow);
    }
  }
  return workflows.filter(({ stoppedAt }) => stoppedAt < begins + DAY - HOUR);
}

function workflowsOf(world: World): WorkflowHistory[] {
  return world.projects.flatMap(({ pipelines }) => pipelines.flatMap(({ workflows }) => workflows));
}

/** Some of them, each once. */
function drawn<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, left.length) }, () => {
    const [item] = left.splice(random.integer(0, left.length - 1), 1);
    return item as Item;
  });
}

import { describe, inject, it } from 'vitest';
import { leadsToTruth } from './support/holds-the-truth.js';
import { temporaryFolder } from './support/schedule.js';
import { Services } from './support/services.js';
import { pipelinewisePostgres } from './targets/pipelinewise-postgres.js';

describe("PipelineWise's target-postgres", () => {
  it('holds what the services show, however often it and the tap were killed', async () => {
    const target = pipelinewisePostgres(inject('tools'), inject('postgres'));
    await leadsToTruth(await Services.start(), target, temporaryFolder());
  });
});

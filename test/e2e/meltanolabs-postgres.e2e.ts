import { describe, inject, it } from 'vitest';
import { leadsToTruth } from './support/holds-the-truth.js';
import { temporaryFolder } from './support/schedule.js';
import { Services } from './support/services.js';
import { meltanolabsPostgres } from './targets/meltanolabs-postgres.js';

describe("MeltanoLabs' target-postgres", () => {
  it('holds what the services show, however often it and the tap were killed', async () => {
    const target = meltanolabsPostgres(inject('tools'), inject('postgres'));
    await leadsToTruth(await Services.start(), target, temporaryFolder());
  });
});

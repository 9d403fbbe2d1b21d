import { describe, inject, it } from 'vitest';
import { leadsToTruth } from './support/holds-the-truth.js';
import { temporaryFolder } from './support/schedule.js';
import { Services } from './support/services.js';
import { duckdb } from './targets/duckdb.js';

describe('target-duckdb', () => {
  it('holds what the services show, however often it and the tap were killed', async () => {
    const folder = temporaryFolder();
    await leadsToTruth(await Services.start(), duckdb(inject('tools'), folder), folder);
  });
});

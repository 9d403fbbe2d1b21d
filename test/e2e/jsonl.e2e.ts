import { describe, inject, it } from 'vitest';
import { leadsToTruth } from './support/holds-the-truth.js';
import { temporaryFolder } from './support/schedule.js';
import { Services } from './support/services.js';
import { jsonl } from './targets/jsonl.js';

describe('target-jsonl', () => {
  it('holds what the services show, however often it and the tap were killed', async () => {
    const folder = temporaryFolder();
    await leadsToTruth(await Services.start(), jsonl(inject('tools'), folder), folder);
  });
});

import { HttpResponse, http } from 'msw';
import { serveBuildkite } from '../sandbox/buildkite/serve.js';
import { controlHandlers } from '../sandbox/control.js';
import { serve } from '../sandbox/serve.js';
import type { Source } from '../sandbox/source.js';
import { tellBuildkiteStory, tellStory, timeBetween } from './story.js';

/** The sandboxes of the demo, as one process. It ends with whoever started it, also when that one was killed. */
const began = Date.now() - timeBetween / 2;
const world = tellStory(began);
const shop = tellBuildkiteStory(began);
const buildkite = await serveBuildkite(shop);
const circleci = await serve<Source>(
  world,
  {},
  {
    // The two have one clock and one counter; what answers nothing here goes on to the handlers below.
    control: (sandbox) => [
      http.post('*/sandbox/advance', ({ request }) => {
        shop.advance(Number(new URL(request.url).searchParams.get('ms')));
      }),
      http.post('*/sandbox/reset-counters', () => buildkite.traffic.reset()),
      http.get('*/sandbox/counters', () =>
        HttpResponse.json({
          total: sandbox.traffic.total + buildkite.traffic.total,
          tooManyRequests: sandbox.traffic.tooManyRequests + buildkite.traffic.tooManyRequests,
        }),
      ),
      ...controlHandlers(sandbox),
    ],
  },
);
process.stdin.resume().on('end', () => process.exit(0));
console.log(
  JSON.stringify({
    url: circleci.url,
    token: circleci.token,
    projects: world.slugs,
    buildkite: { url: buildkite.url, token: buildkite.token },
  }),
);

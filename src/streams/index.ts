import { buildkiteStreams } from './buildkite/index.js';
import { circleciStreams } from './circleci/index.js';
import type { StreamDefinition } from './define.js';

/** All streams, parents before children: the order of the catalog and of the SCHEMA messages. */
export const streams: readonly StreamDefinition[] = [...circleciStreams, ...buildkiteStreams];

import { controlHandlers } from '../sandbox/control.js';
import { serve } from '../sandbox/serve.js';
import type { Source } from '../sandbox/source.js';
import { tellStory, timeBetween } from './story.js';

/** The sandbox of the demo, as a process. It ends with whoever started it, also when that one was killed. */
const world = tellStory(Date.now() - timeBetween / 2);
const { url, token } = await serve<Source>(world, {}, { control: controlHandlers });
process.stdin.resume().on('end', () => process.exit(0));
console.log(JSON.stringify({ url, token, projects: world.slugs }));

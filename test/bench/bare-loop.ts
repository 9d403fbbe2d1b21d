import { readFileSync } from 'node:fs';
import { Agent } from 'undici';

/**
 * The least that a client can do: asks for the URLs of a file, so many at a time, and parses the bodies.
 *   bare-loop.ts <file of JSON {origin, token, paths, concurrency}>
 */
interface Work {
  readonly origin: string;
  readonly token: string;
  readonly paths: readonly string[];
  readonly concurrency: number;
}

const [, , file = ''] = process.argv;
const { origin, token, paths, concurrency } = JSON.parse(readFileSync(file, 'utf8')) as Work;
const agent = new Agent({ connections: concurrency, pipelining: 1 });
let next = 0;
let items = 0;

async function worker(): Promise<void> {
  for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
    const { body } = await agent.request({ origin, path, method: 'GET', headers: { 'circle-token': token } });
    const answer = JSON.parse(await body.text()) as { items?: unknown[] };
    items += answer.items?.length ?? 0;
  }
}

const used = process.cpuUsage();
const began = performance.now();
await Promise.all(Array.from({ length: concurrency }, worker));
const milliseconds = performance.now() - began;
const { user, system } = process.cpuUsage(used);
await agent.close();
console.log(JSON.stringify({ milliseconds, processorMicroseconds: user + system, items }));

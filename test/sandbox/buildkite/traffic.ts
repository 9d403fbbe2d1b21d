import { Traffic } from '../traffic.js';
import { routeOf } from './routes.js';

/** What has been asked of the sandbox, counted by Buildkite's endpoints. */
export class BuildkiteTraffic extends Traffic {
  endpoints: Record<string, number> = {};

  /** `path` is below /v2, without the query. */
  beginAt(path: string, request: string, record: boolean): void {
    const endpoint = routeOf(path)?.endpoint ?? 'other';
    this.endpoints[endpoint] = (this.endpoints[endpoint] ?? 0) + 1;
    this.begin('other', request, record);
  }

  override reset(): void {
    super.reset();
    this.endpoints = {};
  }
}

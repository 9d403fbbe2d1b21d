import { TapError } from '../errors.js';
import { parseSlugs } from '../sources/circleci.js';
import type { ReplicationMethod } from '../streams/define.js';
import type { Settings } from './settings.js';
import { headerSetting, urlSetting } from './values.js';

/** What the settings say of CircleCI alone. */
export interface CircleCIConfig {
  /** Empty where nothing will be asked. */
  readonly token: string;
  /** Canonical slugs, each once. */
  readonly slugs: readonly string[];
  readonly baseUrl: URL;
  readonly lookbackDays: number;
  /** 0: never. */
  readonly deepEveryDays: number;
  readonly jobsReplicationMethod: ReplicationMethod;
}

/** What a sync cannot do without; either of them says that CircleCI is meant to be read. */
export const requiredOfCircleCI: readonly string[] = ['token', 'project_slugs'];

/** @throws TapError naming the setting that is wrong */
export function parseCircleCI(settings: Settings, required: readonly string[]): CircleCIConfig {
  const slugs = parseSlugs(settings.project_slugs ?? []);
  if (slugs.length === 0 && required.includes('project_slugs')) {
    throw new TapError('project_slugs names no project.', { next: 'Write for example gh/acme/web.' });
  }
  return {
    token: headerSetting('token', (settings.token ?? '').trim()),
    slugs,
    baseUrl: urlSetting('base_url', settings.base_url, {
      secret: 'token',
      next: 'For CircleCI Server write https://<host>/api/v2.',
    }),
    lookbackDays: settings.lookback_days,
    deepEveryDays: settings.deep_every_days,
    jobsReplicationMethod: settings.jobs_replication_method,
  };
}

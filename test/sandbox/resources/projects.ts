import type { ProjectHistory } from '../history.js';
import { createRandom } from '../random.js';
import { withMilliseconds } from '../rows.js';
import type { Row } from '../source.js';
import { projectRow, slugAt } from '../views.js';
import { peopleOf } from './people.js';
import type { View } from './view.js';
import { bornAt, changedAt, named } from './view.js';

/** What is set for a project. Rows have underscores; see spelling.ts for what comes on the wire. */
export function settingsRow(view: View, project: ProjectHistory): Row {
  const random = createRandom(view.seed, `settings ${project.id}`);
  const names = [
    'autocancel_builds',
    'build_fork_prs',
    'build_prs_only',
    'disable_ssh',
    'forks_receive_secret_env_vars',
    'oss',
    'set_github_status',
    'setup_workflows',
    'write_settings_requires_admin',
  ];
  // All of them are optional.
  const flags = names.flatMap((name) => (random.chance(0.9) ? [[name, random.chance(0.5)]] : []));
  return { advanced: { ...Object.fromEntries(flags), pr_only_branch_overrides: ['main', 'release/1.x'] } };
}

/** Values are masked but for their last characters. */
export function environmentVariableRows(view: View, project: ProjectHistory): Row[] {
  const random = createRandom(view.seed, `environment variables ${project.id}`);
  const names = named(['API_KEY', 'SENTRY_DSN', 'foo', 'FOO'], random.integer(0, view.pageSize + 2));
  return names.flatMap((name) => {
    const born = bornAt(view, random);
    const changed = changedAt(view, random, born);
    const values = [random.hexadecimal(4), random.hexadecimal(4)] as const;
    const dated = random.chance(0.8);
    if (born > view.now) return [];
    return {
      name,
      value: `xxxx${values[changed === undefined ? 0 : 1]}`,
      created_at: dated ? withMilliseconds(born) : null,
    };
  });
}

/** The fingerprint is that of the digest asked for; MD5 unless told. */
export function checkoutKeyRows(view: View, project: ProjectHistory, digest = 'md5'): Row[] {
  const random = createRandom(view.seed, `checkout keys ${project.id}`);
  return Array.from({ length: random.integer(0, 2) }, (_, position) => {
    const born = bornAt(view, random);
    const hexadecimal = random.hexadecimal(32);
    const sha256 = `SHA256:${Buffer.from(random.hexadecimal(32)).toString('base64').replace(/=+$/, '')}`;
    return {
      born,
      row: {
        public_key: `ssh-rsa ${Buffer.from(random.hexadecimal(60)).toString('base64')} \n`,
        type: position === 0 ? 'deploy-key' : 'github-user-key',
        fingerprint: digest === 'sha256' ? sha256 : (hexadecimal.match(/../g) as string[]).join(':'),
        preferred: position === 0,
        created_at: withMilliseconds(born),
      },
    };
  })
    .filter(({ born }) => born <= view.now)
    .map(({ row }) => row);
}

/** Undefined where there are no schedules: projects of the GitHub App have triggers instead. */
export function scheduleRows(
  view: View,
  project: ProjectHistory,
): (Row & { readonly timetable: Row })[] | undefined {
  if (project.slug.startsWith('circleci/')) return undefined;
  const random = createRandom(view.seed, `schedules ${project.id}`);
  const names = named(['nightly', 'weekly release'], random.integer(0, view.pageSize + 1));
  return names.flatMap((name) => {
    const id = random.uuid();
    const born = bornAt(view, random);
    const changed = changedAt(view, random, born);
    const monthly = random.chance(0.3);
    const actor = { id: random.pick(peopleOf(view.seed)), login: 'ada', name: 'Ada' };
    if (born > view.now) return [];
    return {
      id,
      name,
      description: monthly ? null : `Runs ${name}.`,
      project_slug: slugAt(project, view.now),
      created_at: withMilliseconds(born),
      updated_at: withMilliseconds(changed ?? born),
      actor,
      // Names of the user's own: not for anybody to change.
      parameters: { branch: 'main', 'deploy-prod': true, dry_run: changed !== undefined, 'retry-count': 3 },
      timetable: {
        per_hour: 1,
        hours_of_day: [0, 12],
        ...(monthly ? { days_of_month: [1, 15], months: ['JAN', 'JUL'] } : { days_of_week: ['TUE'] }),
      },
    };
  });
}

export function webhookRows(view: View, project: ProjectHistory): Row[] {
  const random = createRandom(view.seed, `webhooks ${project.id}`);
  const names = named(['Data team', 'chat ☎'], random.integer(0, view.pageSize + 1));
  return names.flatMap((name) => {
    const id = random.uuid();
    const born = bornAt(view, random);
    const changed = changedAt(view, random, born);
    const secret = random.hexadecimal(24);
    const both = random.chance(0.5);
    if (born > view.now) return [];
    return {
      id,
      name: changed === undefined ? name : `${name} (new)`,
      // Whoever has the URL can post to it.
      url: `https://hooks.example.com/services/${secret}`,
      scope: { id: project.id, type: 'project' },
      events: both ? ['workflow-completed', 'job-completed'] : ['workflow-completed'],
      signing_secret: '****************',
      verify_tls: !both,
      created_at: withMilliseconds(born),
      updated_at: withMilliseconds(changed ?? born),
    };
  });
}

/** A project as v1.1 lists it: `branches` is large, and left out of a shallow list. */
export function followedProjectRow(view: View, project: ProjectHistory, isShallow: boolean): Row {
  const { vcs_info, slug } = projectRow(project, view.now);
  const [, username = '', reponame = ''] = slug.split('/');
  const build = { outcome: 'success', status: 'success', build_num: 1, vcs_revision: '0'.repeat(40) };
  return {
    vcs_url: vcs_info.vcs_url,
    username,
    reponame,
    vcs_type: slug.startsWith('gh/') ? 'github' : slug.startsWith('bb/') ? 'bitbucket' : 'circleci',
    default_branch: vcs_info.default_branch,
    following: true,
    has_usable_key: true,
    oss: false,
    parallel: 1,
    language: null,
    ssh_keys: [],
    aws: { keypair: null },
    feature_flags: { 'build-prs-only': false, 'autocancel-builds': true },
    ...(isShallow ? {} : { branches: { main: { recent_builds: [build], running_builds: [] } } }),
  };
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installPackages, run, runOrFail } from './commands.js';
import { onProcessEnd, remove } from './work-folder.js';

/** How to reach the database. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The client, for tests to read rows with. */
  readonly psql: string;
}

/** A PostgreSQL that only this run knows of. */
export interface Postgres {
  readonly address: PostgresAddress;
  stop(): Promise<void>;
}

const user = 'tap';

/** Starts PostgreSQL on a free port of the loopback, in a folder below `folder`; installs it where it is absent. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const programs = await findPrograms();
  const home = mkdtempSync(join(folder, 'postgres-'));
  const owner = ownerOf(home);
  const data = join(home, 'data');
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password);
  const [initdb = '', ...initdbArgs] = [
    ...['setpriv', ...owner, join(programs, 'initdb')],
    ...['--pgdata', data, '--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
  ];
  await runOrFail('No database could be made', initdb, initdbArgs, { cwd: home });
  for (let attempt = 1; ; attempt++) {
    const address = {
      host: '127.0.0.1',
      port: await freePort(),
      user,
      password,
      database: 'postgres',
      psql: join(programs, 'psql'),
    };
    const { server, log } = startServer(
      [...owner, '--pdeathsig', 'INT', join(programs, 'postgres')],
      data,
      address.port,
    );
    // Someone else may have taken the port in the meantime.
    if (await isUp(server, address)) return { address, stop: () => stop(server, home) };
    if (attempt === 3) throw new Error(`PostgreSQL did not start:\n${log()}`);
  }
}

/** The folder of initdb, postgres and psql. */
async function findPrograms(): Promise<string> {
  const found = installedPrograms();
  if (found !== undefined) return found;
  await installPackages(['postgresql'], 'PostgreSQL is needed for the targets, and initdb was not found.');
  const installed = installedPrograms();
  if (installed === undefined) throw new Error('The package postgresql has brought no initdb.');
  return installed;
}

function installedPrograms(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'initdb'));
  // Debian keeps them out of PATH.
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((one, other) => Number(other) - Number(one))
    : [];
  const candidates = [...onPath, ...versions.map((version) => join(debian, version, 'bin', 'initdb'))];
  return candidates
    .filter((path) => existsSync(path))
    .map((path) => dirname(realpathSync(path)))
    .find((folder) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(folder, name))));
}

/** The flags with which setpriv runs a program as somebody whom PostgreSQL accepts: it refuses root. */
function ownerOf(home: string): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const name = ['postgres', 'nobody'].find((one) => spawnSync('id', [one]).status === 0) ?? 'nobody';
  const idOf = (flag: string) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  chownSync(home, idOf('-u'), idOf('-g'));
  return ['--reuid', name, '--regid', String(idOf('-g')), '--clear-groups'];
}

/** Flags and program for setpriv; by `--pdeathsig` the server ends with this process, also when that is killed. */
function startServer(
  command: readonly string[],
  data: string,
  port: number,
): { readonly server: ChildProcess; readonly log: () => string } {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    // Targets that store times without a zone store them in the server's.
    timezone: 'UTC',
    // What a power failure would lose is of no interest here.
    fsync: 'off',
    // A target may take one for each stream.
    max_connections: '300',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = [...command, '-D', data, ...options];
  const server = spawn('setpriv', args, { cwd: dirname(data), stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const write = (text: string) => {
    log += text;
  };
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', write);
  server.on('error', (error) => write(error.message));
  onProcessEnd(() => server.kill('SIGQUIT'));
  return { server, log: () => log };
}

async function isUp(server: ChildProcess, { psql, ...address }: PostgresAddress): Promise<boolean> {
  const deadline = Date.now() + 30_000;
  while (server.exitCode === null && server.signalCode === null && Date.now() < deadline) {
    const { code } = await run(psql, ['-XqAt', '-c', 'SELECT 1'], { env: variablesOf(address) });
    if (code === 0) return true;
    await sleep(100);
  }
  server.kill('SIGQUIT');
  return false;
}

/** The variables by which PostgreSQL's client finds the database. */
export function variablesOf(address: Omit<PostgresAddress, 'psql'>): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGUSER: address.user,
    PGPASSWORD: address.password,
    PGDATABASE: address.database,
  };
}

async function stop(server: ChildProcess, home: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const closed = once(server, 'close');
    // Immediately: nobody will ask for the rows again.
    server.kill('SIGQUIT');
    await closed;
  }
  remove(home);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

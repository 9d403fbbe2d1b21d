import { configSchema, type SettingSchema } from '../../src/config/schema.js';
import { loadSchema } from '../../src/singer/schema.js';
import type { SourceName, StreamDefinition } from '../../src/streams/define.js';
import { streams } from '../../src/streams/index.js';

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The streams of a source, with what each needs and costs. */
function streamTable(source: SourceName, permission: string): string {
  const header = ['stream', 'group', 'key', 'replication', 'parent', permission, 'requests', 'one row for'];
  return table(header, streams.filter((stream) => stream.source === source).map(streamRow));
}

function streamRow(stream: StreamDefinition): string[] {
  const { name, group, key, replicationKey, replicationMethods, parent } = stream;
  const methods = replicationMethods.join(' or ');
  return [
    stream.isUnverified === true ? `${code([name])} (unverified)` : code([name]),
    group ?? '',
    code(key),
    replicationKey === undefined ? methods : `${methods}, ${code([replicationKey])}`,
    parent === undefined ? '' : code([parent.name]),
    // A scope is a name, a permission of CircleCI a phrase.
    stream.permissions.map((text) => (/^\w+$/.test(text) ? code([text]) : text)).join(', '),
    stream.cost,
    loadSchema(stream.schema).description ?? '',
  ];
}

/** The settings whose names pass. */
function settingTable(isMeant: (name: string) => boolean): string {
  const settings = Object.entries(configSchema.properties).filter(([name]) => isMeant(name));
  return table(['setting', 'default', 'meaning'], settings.map(settingRow));
}

function settingRow([name, setting]: [string, SettingSchema]): string[] {
  const shown = setting.secret === true ? `${code([name])} (secret)` : code([name]);
  const byDefault = setting.default === undefined ? '' : code([String(setting.default)]);
  return [shown, byDefault, setting.description];
}

const isOfBuildkite = (setting: string) => setting.startsWith('buildkite_');

/** The tables of the README, each by the name in the comments around it. */
export const tables: Readonly<Record<string, string>> = {
  'streams of CircleCI': streamTable('circleci', 'permission'),
  'streams of Buildkite': streamTable('buildkite', 'scopes'),
  settings: settingTable((name) => !isOfBuildkite(name)),
  'settings of Buildkite': settingTable(isOfBuildkite),
};

/** `readme` with every table between its comments as it should be. */
export function withTables(readme: string): string {
  return Object.entries(tables).reduce((text, [name, content]) => {
    const between = new RegExp(`(<!-- table: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!between.test(text)) throw new Error(`The README has no place for the table ${name}.`);
    return text.replace(between, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
  }, readme);
}

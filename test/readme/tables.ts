import { configSchema } from '../../src/config/schema.js';
import { loadSchema } from '../../src/singer/schema.js';
import { streams } from '../../src/streams/index.js';

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The tables of the README, each by the name in the comments around it. */
export const tables: Readonly<Record<string, string>> = {
  streams: table(
    ['stream', 'group', 'key', 'replication', 'one row for'],
    streams.map(({ name, group, key, replicationKey, replicationMethods, schema }) => [
      code([name]),
      group ?? '',
      code(key),
      [
        replicationMethods.join(' or '),
        ...(replicationKey === undefined ? [] : [code([replicationKey])]),
      ].join(', '),
      loadSchema(schema).description ?? '',
    ]),
  ),
  settings: table(
    ['setting', 'default', 'meaning'],
    Object.entries(configSchema.properties).map(([name, setting]) => {
      const marks = [configSchema.required.includes(name) ? 'required' : '', setting.secret ? 'secret' : ''];
      const shown = marks.filter((mark) => mark !== '').join(', ');
      const own = setting.default === undefined ? '' : code([String(setting.default)]);
      return [`${code([name])}${shown === '' ? '' : ` (${shown})`}`, own, setting.description];
    }),
  ),
};

/** `readme` with every table between its comments as it should be. */
export function withTables(readme: string): string {
  return Object.entries(tables).reduce((text, [name, content]) => {
    const between = new RegExp(`(<!-- table: ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`);
    if (!between.test(text)) throw new Error(`The README has no place for the table ${name}.`);
    return text.replace(between, (_, begin: string, end: string) => `${begin}${content}${end}`);
  }, readme);
}

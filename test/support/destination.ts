/** What a target with upsert by key holds after it has read one or more outputs of the tap. */
export class Destination {
  /** By stream, then by key. */
  readonly rows = new Map<string, Map<string, Record<string, unknown>>>();

  /** Takes whole lines; a torn last line is what a killed tap leaves. */
  load(output: string): Output {
    const lines = output.split('\n');
    lines.pop();
    const written: Output = { keys: [], states: [], lines: lines.length };
    const keyProperties = new Map<string, string[]>();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.type === 'SCHEMA') keyProperties.set(message.stream, message.key_properties);
      if (message.type === 'STATE')
        written.states.push({ value: message.value, rowsBefore: written.keys.length });
      if (message.type !== 'RECORD') continue;
      const key = (keyProperties.get(message.stream) ?? []).map((name) => message.record[name]).join(' ');
      const stream = this.rows.get(message.stream) ?? new Map();
      this.rows.set(message.stream, stream.set(key, message.record));
      written.keys.push(`${message.stream} ${key}`);
    }
    return written;
  }

  stream(name: string): Map<string, Record<string, unknown>> {
    return this.rows.get(name) ?? new Map();
  }
}

/** Runs one after the other into one destination, each from where the one before it ended. */
export class SuccessiveRuns {
  readonly destination = new Destination();
  /** The value of the last STATE so far. */
  state: unknown;

  /** @throws Error when the run has written a key twice */
  take({ stdout }: { readonly stdout: string }): void {
    const { keys, states } = this.destination.load(stdout);
    const twice = repeated(keys);
    if (twice.length > 0) throw new Error(`Written twice in one run: ${twice.join(', ')}`);
    this.state = states.at(-1)?.value ?? this.state;
  }
}

export interface Output {
  /** `<stream> <key>` of every RECORD, in order. */
  readonly keys: string[];
  readonly states: { readonly value: unknown; readonly rowsBefore: number }[];
  readonly lines: number;
}

/** Keys that stand more than once in one output. */
export function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>();
  return keys.filter((key) => seen.size === seen.add(key).size);
}

type Truth = Readonly<Record<'pipelines' | 'workflows' | 'jobs', ReadonlyMap<string, object>>>;

/** `<stream> <key>` of what the API shows and the destination lacks or holds in an older form, with the reason. */
export function differences(destination: Destination, truth: Truth, streams: readonly string[]): string[] {
  const found: string[] = [];
  for (const stream of ['pipelines', 'workflows', 'jobs'] as const) {
    if (!streams.includes(stream)) continue;
    for (const [key, row] of truth[stream]) {
      const held = destination.stream(stream).get(key);
      if (held === undefined) found.push(`${stream} ${key}: missing`);
      else if (canonical(held) !== canonical(row)) {
        found.push(`${stream} ${key}: ${canonical(held)} instead of ${canonical(row)}`);
      }
    }
  }
  return found;
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** JSON with sorted members, and everything that the tap may change in one form. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'string' && dateTime.test(member)) return new Date(member).toISOString();
    // The tap removes NUL characters, which PostgreSQL refuses, and halves of characters, which UTF-8 has not.
    if (typeof member === 'string') return member.replaceAll('\0', '').toWellFormed();
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

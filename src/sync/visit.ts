import type { TimedRow } from '../http/object.js';
import { type Row, TokenNotFound } from '../http/pagination.js';
import type { SelectedRecords } from '../singer/records.js';
import { type Above, isAtOrBelow, type StreamDefinition } from '../streams/define.js';
import { formatTimestamp } from '../time.js';
import { Gathered, type Judge, type StreamResult } from './gathered.js';
import type { Missing } from './missing.js';
import type { Need } from './need.js';
import { type FoundRow, keyOf, type Reader } from './reader.js';
import type { VisitRequest } from './visit-request.js';

/** A RECORD line that waits to be written. */
export interface Line {
  readonly stream: string;
  /** Without its end of line. */
  readonly text: string;
  /** What several visits may bring is written with the first of them alone; this names it. */
  readonly once?: string;
}

/** All that was read of one row of a walked list and below it, ready to be written. */
export interface Visit {
  readonly request: VisitRequest;
  /** RECORD lines, parents before children. */
  readonly lines: readonly Line[];
  /** Of every stream that needed something of it. */
  readonly results: ReadonlyMap<string, StreamResult>;
  /** Answers 404, which are to be believed only while token and list still answer. */
  readonly missing: Missing;
  /** Rows with a null id, as CircleCI shows expired ones. */
  readonly withoutId: number;
  /** Rows that have nothing below them by their kind. */
  readonly skipped: number;
}

/** What is particular to the rows of one walked list. */
export interface WalkedKind {
  /** The stream of the visited rows. */
  readonly root: StreamDefinition;
  /** Everything that may hang below them, parents before children. */
  readonly below: readonly StreamDefinition[];
  /** Rows above the visited one that endpoints name. */
  readonly above: (request: VisitRequest) => Above;
  /** Asks for the visited row by its id. */
  readonly fetchRoot: (request: VisitRequest) => Promise<TimedRow>;
  /** Adds to the visited row what is needed and did not come with it, as far as that can be read. */
  readonly complete?: (gathered: Gathered) => Promise<void>;
  /** Whether the row of a list is needed even where no stream wants it written. */
  readonly needsRoot: boolean;
  /** Whether a row is to be written: whether it may have changed since the time in `need`, and the settings want it. */
  readonly writes: (definition: StreamDefinition, row: Row, need: Need) => boolean;
  /**
   * Whether the list of `child` below the row of `definition` is to be read, for a stream that is that child or
   * hangs below it: whether it may have changed since the time in `need`, and the settings want it.
   */
  readonly looksBelow: (
    definition: StreamDefinition,
    above: Above,
    need: Need,
    child: StreamDefinition,
    stream: string,
  ) => boolean;
  /** Rows of a stream that have come with the visited row; undefined: they have to be asked for. */
  readonly embedded: (
    definition: StreamDefinition,
    above: Above,
    gathered: Gathered,
  ) => readonly TimedRow[] | undefined;
  /** Streams whose list is gone only together with the visited row. */
  readonly vanishing: ReadonlySet<string>;
  /** Whether a stream's part of the visited row is settled, once all has been read. */
  readonly judge: Judge;
  /** Whether a row has nothing below it by its kind, which is counted. */
  readonly skips?: (definition: StreamDefinition, row: Row) => boolean;
  /** What else has to be written with a row. */
  readonly also?: (definition: StreamDefinition, row: Row) => Promise<Line[]>;
  /** Whether only the visited row itself, which no list has brought, can still tell that something may change. */
  readonly asksRootAtEnd: (gathered: Gathered) => boolean;
}

/** A stream directly below another. */
interface Child {
  readonly child: StreamDefinition;
  /** The names of it and of all that hangs below it. */
  readonly streams: ReadonlySet<string>;
}

function childrenOf(parent: StreamDefinition, below: readonly StreamDefinition[]): Child[] {
  const children = below.filter((child) => child.parent === parent);
  return children.map((child) => ({
    child,
    streams: new Set(below.filter((one) => isAtOrBelow(one, child)).map(({ name }) => name)),
  }));
}

/** Reads rows of a walked list with all that is below them. Errors become part of the visit, but for those that end the run. */
export class Visitor {
  readonly #reader: Reader;
  readonly #records: SelectedRecords;
  readonly #kind: WalkedKind;
  /** By the row above: every row asks for them. */
  readonly #children: ReadonlyMap<StreamDefinition, readonly Child[]>;

  constructor(reader: Reader, records: SelectedRecords, kind: WalkedKind) {
    const { root, below } = kind;
    this.#reader = reader;
    this.#records = records;
    this.#kind = kind;
    this.#children = new Map([root, ...below].map((parent) => [parent, childrenOf(parent, below)]));
  }

  /** @throws HttpError when the token is refused, Stopped when the run is told to stop. */
  async visit(request: VisitRequest): Promise<Visit> {
    const gathered = new Gathered(request);
    const lines = [...(await this.#readRoot(gathered)), ...(await this.#readBelowRoot(gathered))];
    const { missing, withoutId, skipped } = gathered;
    const results = gathered.results(this.#kind.judge);
    return { request, lines, results, missing, withoutId, skipped };
  }

  async #readRoot(gathered: Gathered): Promise<Line[]> {
    const { root, needsRoot, writes } = this.#kind;
    const { needs } = gathered.request;
    const need = needs.get(root.name);
    if (need === undefined && !needsRoot) return [];
    const streams = needsRoot ? [...needs.keys()] : [root.name];
    return gathered.attempt(root, streams, 'gone', async () => {
      const fetched = gathered.root ?? (await this.#fetchRoot(gathered));
      await this.#kind.complete?.(gathered);
      const row = gathered.root ?? fetched;
      if (need === undefined || !writes(root, row.row, need)) return [];
      const rows = this.#reader.rows(root, this.#kind.above(gathered.request), [row]);
      return gathered.collect(root, () => rows.flatMap((found) => this.#write(root.name, found)));
    });
  }

  async #fetchRoot(gathered: Gathered): Promise<TimedRow> {
    gathered.missing.asked(this.#kind.root);
    gathered.root = await this.#kind.fetchRoot(gathered.request);
    return gathered.root;
  }

  async #readBelowRoot(gathered: Gathered): Promise<Line[]> {
    const { root, needsRoot, asksRootAtEnd, below } = this.#kind;
    if (needsRoot && gathered.root === undefined) return [];
    const needs = new Map([...gathered.request.needs].filter(([stream]) => stream !== root.name));
    if (needs.size === 0) return [];
    const { id, created } = gathered.request;
    const above = {
      ...this.#kind.above(gathered.request),
      [root.name]: gathered.root?.row ?? { id, created_at: formatTimestamp(created) },
    };
    const asked = new Set<string>();
    const lines = await this.#readBelow(root, above, needs, { gathered, asked });
    if (gathered.root === undefined && asksRootAtEnd(gathered)) {
      const streams = below.map(({ name }) => name).filter((name) => needs.has(name));
      await gathered.attempt(root, streams, 'gone', async () => {
        await this.#fetchRoot(gathered);
        return [];
      });
    }
    return lines;
  }

  /** Lists of all streams directly below a row, side by side, for those that want any of it. */
  async #readBelow(parent: StreamDefinition, above: Above, needs: Needs, visit: Visiting): Promise<Line[]> {
    const { looksBelow, skips } = this.#kind;
    if (skips?.(parent, above[parent.name] ?? {}) === true) {
      visit.gathered.skipped++;
      return [];
    }
    const lines = await Promise.all(
      (this.#children.get(parent) ?? []).map(({ child, streams }) => {
        const wanted = new Map(
          [...needs].filter(
            ([stream, need]) => streams.has(stream) && looksBelow(parent, above, need, child, stream),
          ),
        );
        return wanted.size === 0 ? [] : this.#readList(child, above, wanted, visit);
      }),
    );
    return lines.flat();
  }

  async #readList(
    definition: StreamDefinition,
    above: Above,
    needs: Needs,
    visit: Visiting,
  ): Promise<Line[]> {
    const { name } = definition;
    const missing = this.#kind.vanishing.has(name) ? 'gone' : 'nothing';
    return visit.gathered.attempt(definition, [...needs.keys()], missing, async () => {
      const rows = await this.#list(definition, above, visit);
      if (definition.parent === this.#kind.root) {
        visit.gathered.listed.set(
          name,
          rows.map(({ row }) => row),
        );
      }
      const lines = await Promise.all(
        rows.map((found) => this.#readRow(definition, found, above, needs, visit)),
      );
      return lines.flat();
    });
  }

  async #readRow(
    definition: StreamDefinition,
    found: FoundRow,
    above: Above,
    needs: Needs,
    visit: Visiting,
  ): Promise<Line[]> {
    const { name } = definition;
    const need = needs.get(name);
    const isWritten = need !== undefined && this.#kind.writes(definition, found.row, need);
    const own = isWritten ? visit.gathered.collect(definition, () => this.#write(name, found)) : [];
    const { also } = this.#kind;
    if (isWritten && also !== undefined) {
      const { row } = found;
      own.push(...(await visit.gathered.attempt(definition, [name], 'nothing', () => also(definition, row))));
    }
    const needsBelow = new Map([...needs].filter(([stream]) => stream !== name));
    if (needsBelow.size === 0) return own;
    const below = await this.#readBelow(definition, { ...above, [name]: found.row }, needsBelow, visit);
    return [...own, ...below];
  }

  #write(stream: string, { row, receivedAt, foreignKeys }: FoundRow): Line[] {
    const text = this.#records.get(stream)?.line(row, foreignKeys, receivedAt);
    return text === undefined ? [] : [{ stream, text }];
  }

  /** All rows of a list, each key once: a list that grows while it is paged by offset repeats rows. */
  async #list(
    definition: StreamDefinition,
    above: Above,
    { gathered, asked }: Visiting,
  ): Promise<FoundRow[]> {
    const embedded = this.#kind.embedded(definition, above, gathered);
    if (embedded === undefined) {
      // A rerun lists the same job again: what hangs below it is asked once.
      const path = this.#reader.pathOf(definition, above);
      if (asked.has(path)) return [];
      asked.add(path);
    }
    const rows = new Map<string, FoundRow>();
    const take = (found: FoundRow) => {
      const key = keyOf(definition, found);
      if (key === undefined) gathered.withoutId++;
      else rows.set(key, found);
    };
    if (embedded !== undefined) {
      for (const found of this.#reader.rows(definition, above, embedded)) take(found);
      return [...rows.values()];
    }
    if (definition.asks?.(above) !== false) gathered.missing.asked(definition);
    try {
      for await (const page of this.#reader.pages(definition, above)) for (const found of page) take(found);
    } catch (error) {
      // A page that the server named itself is not there: what came before it is, and the 404 has to be believed.
      if (!(error instanceof TokenNotFound)) throw error;
      gathered.missing.asked(definition);
      gathered.missing.missing(definition);
    }
    return [...rows.values()];
  }
}

type Needs = ReadonlyMap<string, Need>;

/** What is carried along through one visit. */
interface Visiting {
  readonly gathered: Gathered;
  /** Paths that have been asked. */
  readonly asked: Set<string>;
}

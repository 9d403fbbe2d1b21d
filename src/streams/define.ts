import type { PageStyle } from '../http/pagination.js';
import type { JsonObject } from '../json.js';

/** The two replication methods of Singer that this tap offers. */
export type ReplicationMethod = 'INCREMENTAL' | 'FULL_TABLE';

/** The services that this tap reads. */
export type SourceName = 'circleci' | 'buildkite';

/** What people call the services. */
export const sourceTitles: Readonly<Record<SourceName, string>> = {
  circleci: 'CircleCI',
  buildkite: 'Buildkite',
};

/** The group of each that is read unless the setting `streams` says another. */
const coreGroups: Readonly<Record<SourceName, string>> = { circleci: 'core', buildkite: 'buildkite' };

/** The rows above a row, by the stream that each is of. */
export type Above = Readonly<Record<string, JsonObject>>;

/**
 * How rows come: in pages, or
 * - `text`: no list and no JSON, the end of the answer's text becomes a row
 * - `output`: CircleCI's output of a step, an array of `{message, time, type}`; the end of all messages becomes a row
 */
export type Pages = PageStyle | 'text' | 'output';

/**
 * Everything that is particular to one stream; the engine that reads it is in sync/.
 * A stream hangs below its parent: its endpoint is asked once for each row of the parent, and a column
 * that the answer does not have is taken from a row above.
 */
export interface StreamDefinition {
  /** `stream` and `tap_stream_id` in Singer's messages and catalog. */
  readonly name: string;
  readonly source: SourceName;
  /** Name under which the setting `streams` names the stream together with its kin; undefined: only by its own. */
  readonly group?: string;
  /** File below schemas/. */
  readonly schema: string;
  /** `key_properties`: columns that name a row. */
  readonly key: readonly [string, ...string[]];
  /** Column by which a target may cluster; undefined where every run reads the whole. */
  readonly replicationKey?: string;
  /** Methods that a catalog may choose, the default first. */
  readonly replicationMethods: readonly [ReplicationMethod, ...ReplicationMethod[]];
  /** The stream above; undefined for a root. */
  readonly parent?: StreamDefinition;
  /**
   * Path below the base URL. `{stream.column}` stands for a column of the row of that stream above, as one segment of
   * the path; `{+stream.column}` keeps its slashes, as slugs need it.
   */
  readonly endpoint: `/${string}`;
  /** Query of the endpoint, where its parameters depend on the rows above. */
  readonly query?: (above: Above) => Readonly<Record<string, string>>;
  /** Version of the API whose base path replaces that of `base_url`, where it is another. */
  readonly api?: 'v1.1';
  /**
   * Stream above and its column that has the whole URL, of any origin, which is asked without the token; the
   * endpoint is then no more than its name in metrics.
   */
  readonly url?: readonly [stream: string, column: string];
  /** How the endpoint answers. */
  readonly pages: Pages;
  /** Sent along with its requests. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Column that gets the place of each item in the whole list, from 0, before `rows` sees it. */
  readonly position?: string;
  /** Own column -> stream above and its column. */
  readonly foreignKeys?: Readonly<Record<string, readonly [stream: string, column: string]>>;
  /** Columns that hold ids of users. */
  readonly people?: readonly string[];
  /** Whether the endpoint has anything for these rows above; unless told, it has. */
  readonly asks?: (above: Above) => boolean;
  /** The rows of one item of the answer, where that is not simply the item. */
  readonly rows?: (item: JsonObject, above: Above) => readonly JsonObject[];
  /** What the token needs to read it: scopes of Buildkite, or permissions of CircleCI in words. */
  readonly permissions: readonly [string, ...string[]];
  /** Requests that its rows cost, for the README: `1 for each 30 builds`. */
  readonly cost: string;
  /** Whether its fields are known from the documentation alone, and no recorded payload confirms them. */
  readonly isUnverified?: boolean;
}

/** Whether a stream is `other`, or hangs below it. */
export function isAtOrBelow(stream: StreamDefinition, other: StreamDefinition): boolean {
  return stream === other || (stream.parent !== undefined && isAtOrBelow(stream.parent, other));
}

/** Whether a stream is read unless the setting `streams` says another. */
export function isCore({ source, group }: StreamDefinition): boolean {
  return group === coreGroups[source];
}

/** What a placeholder of an endpoint, such as `pipelines.id`, stands for; undefined where no row above has it. */
export function valueAbove(above: Above, placeholder: string): unknown {
  const [stream = '', column = ''] = placeholder.split('.');
  return above[stream]?.[column];
}

/** Declares a stream; only here so that siblings read alike and the compiler checks each where it stands. */
export function defineStream<const Definition extends StreamDefinition>(definition: Definition): Definition {
  return definition;
}

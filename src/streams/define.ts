/** The two replication methods of Singer that this tap offers. */
export type ReplicationMethod = 'INCREMENTAL' | 'FULL_TABLE';

/**
 * Everything that is particular to one stream; the engine that reads it is in sync/.
 * A stream hangs below its parent: its endpoint is asked once for each row of the parent, and a column
 * that the answer does not have is taken from a row above.
 */
export interface StreamDefinition {
  /** `stream` and `tap_stream_id` in Singer's messages and catalog. */
  readonly name: string;
  /** Name under which the setting `streams` names the stream together with its kin. */
  readonly group: string;
  /** File below schemas/. */
  readonly schema: string;
  /** `key_properties`: columns that name a row. */
  readonly key: readonly [string, ...string[]];
  /** Column by which a target may cluster; the sync itself goes by `created_at` of pipelines. */
  readonly replicationKey: string;
  /** Methods that a catalog may choose, the default first. */
  readonly replicationMethods: readonly [ReplicationMethod, ...ReplicationMethod[]];
  /** The stream above; undefined for the root, whose list is walked. */
  readonly parent?: StreamDefinition;
  /** Path of the list below the base URL, `{id}` standing for the parent's id or the project's slug. */
  readonly endpoint: `/${string}`;
  /** Own column -> stream above and its column. */
  readonly foreignKeys?: Readonly<Record<string, readonly [stream: string, column: string]>>;
}

/** Declares a stream; only here so that siblings read alike and the compiler checks each where it stands. */
export function defineStream<const Definition extends StreamDefinition>(definition: Definition): Definition {
  return definition;
}

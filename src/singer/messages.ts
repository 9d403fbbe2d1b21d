import type { JsonObject } from '../json.js';

/** A JSON Schema as far as Singer's messages and this tap use it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean;
  /** Our own annotation: members that the API sends and that are left out on purpose. Never published. */
  readonly 'x-left-out'?: readonly string[];
}

/** `SCHEMA`: what the rows of a stream look like, before the first of them. */
export interface SchemaMessage {
  readonly type: 'SCHEMA';
  readonly stream: string;
  readonly schema: JsonSchema;
  readonly key_properties: readonly string[];
  /** Absent where every run reads the whole. */
  readonly bookmark_properties?: readonly string[];
}

/** `STATE`: everything before it has been written; a run that is given `value` goes on from here. */
export interface StateMessage {
  readonly type: 'STATE';
  /** Turned into JSON when the message is written. */
  readonly value: { toJSON(): JsonObject };
}

/**
 * A RECORD line without its end of line. `timeExtracted` is when the answer arrived, in the form of RFC 3339.
 * Written by hand because it is made once per row: only the record goes through JSON.stringify.
 */
export function recordLine(stream: string, record: unknown, timeExtracted: string): string {
  return `{"type":"RECORD","stream":"${stream}","record":${JSON.stringify(record)},"time_extracted":"${timeExtracted}"}`;
}

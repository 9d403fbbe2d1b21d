import { TapError } from '../errors.js';
import { isObject, type JsonObject } from '../json.js';
import {
  type ReplicationMethod,
  type SourceName,
  type StreamDefinition,
  sourceTitles,
} from '../streams/define.js';
import { streams as allStreams } from '../streams/index.js';
import type { JsonSchema } from './messages.js';
import { loadSchema } from './schema.js';

/** A stream that this run reads, with what the catalog says of it. */
export interface SelectedStream {
  readonly definition: StreamDefinition;
  /** The tap's schema without the columns that the catalog deselects. */
  readonly schema: JsonSchema;
  /** Columns that the API may send but that are not wanted, as paths such as `trigger.actor`. */
  readonly deselected: ReadonlySet<string>;
  /** As the catalog has it, else the settings. */
  readonly method: ReplicationMethod;
}

interface CatalogEntry {
  readonly isSelected: boolean;
  readonly method: unknown;
  /** Breadcrumb, joined -> metadata. */
  readonly metadata: ReadonlyMap<string, JsonObject>;
}

/**
 * The streams that a run reads: those that the catalog selects, all of `definitions` without a catalog.
 * A catalog contributes selection and replication method, nothing else; schemas are the tap's own.
 * @param catalog parsed JSON; undefined: none was given
 * @param configured sources that the settings give a token for
 * @throws TapError when the catalog has another shape, or selects a stream that does not exist.
 */
export function selectStreams(
  catalog: unknown,
  definitions: readonly StreamDefinition[],
  methodBySetting: (definition: StreamDefinition) => ReplicationMethod,
  configured: readonly SourceName[],
): SelectedStream[] {
  const entries = catalog === undefined ? undefined : readCatalog(catalog);
  if (entries !== undefined) refuseUnknown(entries, definitions, configured);
  const selected: SelectedStream[] = [];
  for (const definition of definitions) {
    const entry = entries?.get(definition.name);
    if (entries !== undefined && entry?.isSelected !== true) continue;
    const deselected = new Set<string>();
    const schema = prune(loadSchema(definition.schema), entry?.metadata ?? new Map(), definition, deselected);
    const method = methodOf(definition, entry?.method) ?? methodBySetting(definition);
    selected.push({ definition, schema, deselected, method });
  }
  return selected;
}

/** @throws TapError for a selected stream that the setting `streams` leaves out, or that does not exist. */
function refuseUnknown(
  entries: ReadonlyMap<string, CatalogEntry>,
  definitions: readonly StreamDefinition[],
  configured: readonly SourceName[],
): void {
  const named = definitions.map(({ name }) => name);
  for (const [name, { isSelected }] of entries) {
    if (!isSelected || named.includes(name)) continue;
    const known = allStreams.find((stream) => stream.name === name);
    if (known !== undefined && !configured.includes(known.source)) {
      throw new TapError(
        `The catalog selects ${name}, but ${sourceTitles[known.source]} is not configured.`,
        {
          next: `Set ${tokenSettings[known.source]}, or deselect it in the catalog.`,
        },
      );
    }
    if (known !== undefined) {
      throw new TapError(`The catalog selects ${name}, which the setting streams leaves out.`, {
        next: `Add ${name} to the setting streams, or deselect it in the catalog.`,
      });
    }
    const available = allStreams.filter(({ source }) => configured.includes(source));
    throw new TapError(`The catalog selects ${JSON.stringify(name)}, which this tap does not have.`, {
      next: `Streams: ${available.map((stream) => stream.name).join(', ')}.`,
    });
  }
}

/** The settings without which a source is not asked. */
const tokenSettings: Readonly<Record<SourceName, string>> = {
  circleci: 'token and project_slugs or org_slugs',
  buildkite: 'buildkite_token',
};

function methodOf(definition: StreamDefinition, method: unknown): ReplicationMethod | undefined {
  return definition.replicationMethods.find((known) => known === method);
}

function readCatalog(catalog: unknown): Map<string, CatalogEntry> {
  const streams = isObject(catalog) ? catalog.streams : undefined;
  if (!Array.isArray(streams)) throw misshapen('it has no array "streams"');
  const entries = new Map<string, CatalogEntry>();
  for (const [index, stream] of streams.entries()) {
    if (!isObject(stream)) throw misshapen(`streams[${index}] is not an object`);
    const name = stream.tap_stream_id ?? stream.stream;
    if (typeof name !== 'string') throw misshapen(`streams[${index}] has no "tap_stream_id"`);
    entries.set(name, readStream(stream, name));
  }
  return entries;
}

function readStream(stream: JsonObject, name: string): CatalogEntry {
  const metadata = new Map<string, JsonObject>();
  const items = stream.metadata ?? [];
  if (!Array.isArray(items)) throw misshapen(`"metadata" of ${name} is not an array`);
  for (const item of items) {
    const breadcrumb = isObject(item) ? item.breadcrumb : undefined;
    const values = isObject(item) ? item.metadata : undefined;
    if (!Array.isArray(breadcrumb) || !isObject(values)) {
      throw misshapen(`an item in "metadata" of ${name} has no array "breadcrumb" or no object "metadata"`);
    }
    metadata.set(breadcrumb.join(' '), values);
  }
  const root = metadata.get('') ?? {};
  const schema = stream.schema;
  // Whatever Python takes for true selects, as in singer-python; legacy catalogs have it in the schema.
  const isSelected = Boolean(root.selected) || (isObject(schema) && Boolean(schema.selected));
  const method = root['replication-method'] ?? stream.replication_method ?? root['forced-replication-method'];
  return { isSelected, method, metadata };
}

/** Leaves out the columns that are deselected; keys and replication keys always stay. */
function prune(
  schema: JsonSchema,
  metadata: ReadonlyMap<string, JsonObject>,
  { key, replicationKey }: StreamDefinition,
  deselected: Set<string>,
): JsonSchema {
  const metadataAt = (breadcrumb: readonly string[]) => metadata.get(breadcrumb.join(' ')) ?? {};
  const isAutomatic = (breadcrumb: readonly string[], path: string): boolean =>
    key.includes(path) || path === replicationKey || metadataAt(breadcrumb).inclusion === 'automatic';
  const isWanted = (breadcrumb: readonly string[]): boolean => {
    const { selected, inclusion } = metadataAt(breadcrumb);
    // Only JSON's false deselects, and no word at all selects, as in singer-python.
    return selected !== false && inclusion !== 'unsupported';
  };
  const pruneNode = (node: JsonSchema, breadcrumb: readonly string[], path: string): JsonSchema => {
    if (node.items !== undefined) {
      return { ...node, items: pruneNode(node.items, [...breadcrumb, 'items'], `${path}[]`) };
    }
    if (node.properties === undefined) return node;
    const properties: Record<string, JsonSchema> = {};
    for (const [name, column] of Object.entries(node.properties)) {
      const below = [...breadcrumb, 'properties', name];
      const columnPath = path === '' ? name : `${path}.${name}`;
      // An automatic column stays whole: singer-python does not look below it.
      if (isAutomatic(below, columnPath)) properties[name] = column;
      else if (isWanted(below)) properties[name] = pruneNode(column, below, columnPath);
      else deselected.add(columnPath);
    }
    return { ...node, properties };
  };
  return pruneNode(schema, [], '');
}

function misshapen(why: string): TapError {
  return new TapError(`The catalog cannot be used: ${why}.`, {
    next: 'Make one with: tap-circle-ci --config config.json --discover > catalog.json',
  });
}

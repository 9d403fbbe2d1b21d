import type { ReplicationMethod, StreamDefinition } from '../streams/define.js';
import type { JsonSchema } from './messages.js';
import { loadSchema, published } from './schema.js';

interface MetadataItem {
  readonly breadcrumb: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * The catalog of `definitions`, in the form and order of members of singer-io's tap, with metadata for every
 * property besides: Meltano makes those without metadata automatic.
 * @param methodOf the replication method that the catalog proposes for a stream
 */
export function catalogOf(
  definitions: readonly StreamDefinition[],
  methodOf: (definition: StreamDefinition) => ReplicationMethod,
): object {
  return {
    streams: definitions.map((definition) => {
      const { properties, ...schema } = published(loadSchema(definition.schema));
      const { name } = definition;
      return {
        tap_stream_id: name,
        schema: { properties, ...schema },
        stream: name,
        metadata: [
          rootMetadata(definition, methodOf(definition)),
          ...metadataBelow({ properties }, [], definition),
        ],
      };
    }),
  };
}

function rootMetadata(definition: StreamDefinition, method: ReplicationMethod): MetadataItem {
  const { key, replicationKey, replicationMethods } = definition;
  const isChoice = replicationMethods.length > 1;
  return {
    breadcrumb: [],
    metadata: {
      'table-key-properties': key,
      [isChoice ? 'replication-method' : 'forced-replication-method']: method,
      ...(replicationKey === undefined ? {} : { 'valid-replication-keys': [replicationKey] }),
      inclusion: 'available',
    },
  };
}

function metadataBelow(
  schema: { readonly properties?: JsonSchema['properties'] | undefined; readonly items?: JsonSchema },
  breadcrumb: readonly string[],
  definition: StreamDefinition,
): MetadataItem[] {
  if (schema.items !== undefined) return metadataBelow(schema.items, [...breadcrumb, 'items'], definition);
  return Object.entries(schema.properties ?? {}).flatMap(([name, column]) => {
    const own = [...breadcrumb, 'properties', name];
    const isKey = definition.key.includes(name) || definition.replicationKey === name;
    const inclusion = breadcrumb.length === 0 && isKey ? 'automatic' : 'available';
    return [{ breadcrumb: own, metadata: { inclusion } }, ...metadataBelow(column, own, definition)];
  });
}

import type { TimedRow } from '../http/object.js';
import type { Need } from './need.js';

/** A row of a walked list that is to be read with what hangs below it, for the streams that need something of it. */
export interface VisitRequest {
  /** Key under which the state knows what the row belongs to. */
  readonly partition: string;
  /** What names the row within its partition. */
  readonly id: string;
  /** `created_at`. */
  readonly created: number;
  /** The row where a list page had it; undefined: asked for when it is needed. */
  readonly root: TimedRow | undefined;
  /** By stream. */
  readonly needs: ReadonlyMap<string, Need>;
}

/** What names a row over all partitions of its list. */
export function nameOf({ partition, id }: Pick<VisitRequest, 'partition' | 'id'>): string {
  return `${partition} ${id}`;
}

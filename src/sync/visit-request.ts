import type { Row } from '../http/pagination.js';
import type { Need } from './entry.js';

/** A row and when the answer that held it arrived, as `time_extracted` has it. */
export interface TimedRow {
  readonly row: Row;
  readonly extracted: string;
}

/** A pipeline to be read, for the streams that need something of it. */
export interface VisitRequest {
  readonly id: string;
  readonly created: number;
  /** The pipeline's row where a list page had it; undefined: asked by id when it is needed. */
  readonly pipeline: TimedRow | undefined;
  readonly needs: ReadonlyMap<string, Need>;
}

import type { PipelineHistory } from './history.js';
import type { Sequence } from './pages.js';
import { isVisible } from './views.js';

/**
 * The pipelines of a project, newest first by `created_at`, as they are listed at a time. Numbers ascend with the time
 * of creation. A page costs its own length: what is not there yet can only be among the newest.
 */
export class Timeline {
  /** Newest first. */
  readonly #pipelines: readonly PipelineHistory[];
  readonly #positions: ReadonlyMap<string, number>;
  /** How long after its creation the most belated pipeline becomes visible. */
  readonly #latest: number;

  constructor(pipelines: readonly PipelineHistory[]) {
    const oldestFirst = [...pipelines].sort((one, other) => one.createdAt - other.createdAt);
    oldestFirst.forEach((pipeline, position) => {
      pipeline.number = position + 1;
    });
    this.#pipelines = oldestFirst.reverse();
    this.#positions = new Map(this.#pipelines.map((pipeline, position) => [pipeline.id, position]));
    this.#latest = pipelines.reduce((latest, one) => Math.max(latest, one.visibleAt - one.createdAt), 0);
  }

  at(now: number): Sequence<PipelineHistory> {
    const begun = this.#firstAtOrBefore(now);
    const settled = this.#firstAtOrBefore(now - this.#latest);
    const recent = this.#pipelines.slice(begun, settled).filter((pipeline) => isVisible(pipeline, now));
    return {
      length: recent.length + this.#pipelines.length - settled,
      at: (position) =>
        (position < recent.length
          ? recent[position]
          : this.#pipelines[settled + position - recent.length]) as PipelineHistory,
      keyOf: (pipeline) => pipeline.id,
      after: (key) => {
        const position = this.#positions.get(key) ?? -1;
        if (position >= settled) return recent.length + position - settled + 1;
        return recent.filter((pipeline) => (this.#positions.get(pipeline.id) as number) <= position).length;
      },
    };
  }

  #firstAtOrBefore(time: number): number {
    let from = 0;
    let to = this.#pipelines.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#pipelines[middle] as PipelineHistory).createdAt <= time) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}

/** What was found out about one source. */
export interface Findings {
  /** Lines of a table. */
  readonly rows: readonly (readonly string[])[];
  /** What cannot be read; empty when all can. */
  readonly problems: readonly string[];
}

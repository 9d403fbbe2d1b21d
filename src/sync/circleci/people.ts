import { failedWith, type TapError } from '../../errors.js';
import type { Row } from '../../http/pagination.js';
import type { Records, SelectedRecords } from '../../singer/records.js';
import { users } from '../../streams/circleci/users.js';
import type { StreamDefinition } from '../../streams/define.js';
import { leftOut } from '../left-out.js';
import type { Reader } from '../reader.js';
import type { Run } from '../run.js';
import type { Line } from '../visit.js';

/** Asks for the people whom rows name, each once in a run. */
export class People {
  readonly #run: Run;
  readonly #reader: Reader;
  readonly #records: Records | undefined;
  /** By id. */
  readonly #asked = new Map<string, Promise<Line[]>>();
  #isForbidden = false;
  #missing = 0;

  constructor(run: Run, reader: Reader, records: SelectedRecords) {
    this.#run = run;
    this.#reader = reader;
    this.#records = records.get(users.name);
  }

  /**
   * The lines of the people in a row; each has to be written with whichever row names the person first.
   * Whoever CircleCI does not show, as those who have left and services, has none.
   * @throws TapError when one cannot be read
   */
  async lines({ people = [] }: StreamDefinition, row: Row): Promise<Line[]> {
    if (this.#records === undefined) return [];
    const ids = people.map((column) => row[column]).filter((id) => typeof id === 'string' && id !== '');
    const lines = await Promise.all([...new Set(ids)].map((id) => this.#linesOf(String(id))));
    return lines.flat();
  }

  /** Says at the end of a run how many people CircleCI does not show. */
  report(): void {
    if (this.#missing === 0) return;
    this.#run.log.info(
      `${this.#missing} people whom rows name are not shown by CircleCI (404), and were left out.`,
    );
  }

  #linesOf(id: string): Promise<Line[]> {
    const asked = this.#asked.get(id) ?? this.#ask(id);
    this.#asked.set(id, asked);
    // What failed for a time may be asked again for another row.
    asked.catch(() => this.#asked.delete(id));
    return asked;
  }

  async #ask(id: string): Promise<Line[]> {
    if (this.#isForbidden) return [];
    const lines: Line[] = [];
    try {
      for await (const page of this.#reader.pages(users, { users: { id } })) {
        for (const { row, foreignKeys, receivedAt } of page) {
          const text = this.#records?.line(row, foreignKeys, receivedAt);
          if (text !== undefined) lines.push({ stream: users.name, text, once: id });
        }
      }
    } catch (error) {
      if (failedWith(error, 'not-found')) this.#missing++;
      else if (failedWith(error, 'forbidden')) this.#forbid(error);
      else throw error;
    }
    return lines;
  }

  #forbid(error: TapError): void {
    if (this.#isForbidden) return;
    this.#isForbidden = true;
    this.#run.fail(`${leftOut([users.name], users)} ${error.line}`);
  }
}

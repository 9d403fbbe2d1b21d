import { hash, uuidOf } from '../random.js';

/** A row as the API sends it. */
export type Row = Readonly<Record<string, unknown>>;

export const API = 'https://api.buildkite.com/v2';
export const WEB = 'https://buildkite.com';

/** Lower-case hexadecimal digits that always come out of the same text. */
export function derivedDigits(text: string, digits: number): string {
  // Two hashes, as texts that share one of 32 bits are found in any large world. The further words come out of these:
  // reading a long text for each of them costs too much.
  let one = hash(text);
  let other = hash(`~${text}`);
  let found = '';
  while (found.length < digits) {
    found += one.toString(16).padStart(8, '0');
    const next = Math.imul(one ^ (one >>> 15), 0x2c1b3c6d) ^ other;
    one = other;
    other = (next ^ (next >>> 13)) >>> 0;
  }
  return found.slice(0, digits);
}

/** An id that hangs on what it is of, so that nothing has to remember it. */
export const derivedId = (text: string): string => uuidOf(derivedDigits(text, 32));

/** The global ids of Buildkite's GraphQL: `Job---<uuid>` in base64. */
export const graphqlId = (type: string, id: string): string =>
  Buffer.from(`${type}---${id}`).toString('base64');

const people = ['Ada Byron', 'Grace Hopper', 'Linus T.', 'Jörg Müller', '陳大文', 'renovate[bot]', 'Sam Kim'];
/** How many there are in every organization. */
export const PEOPLE = people.length;

const users = new Map<string, Row>();

/** A user as in `creator`, `created_by`, `unblocked_by` and `retried_by`. */
export function userRow(organization: string, index: number): Row {
  const key = `user ${organization} ${index % PEOPLE}`;
  const known = users.get(key);
  if (known !== undefined) return known;
  const id = derivedId(key);
  const row: Row = {
    id,
    graphql_id: graphqlId('User', id),
    name: people[index % PEOPLE],
    email: `user${index % PEOPLE}@${organization}.example`,
    avatar_url: `https://www.gravatar.com/avatar/${derivedDigits(id, 32)}`,
    created_at: '2020-05-22T12:36:45.309Z',
  };
  users.set(key, row);
  return row;
}

/** Header names in lower case, as undici and node:http give them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first value of header `name` (lower case), without surrounding blanks. */
export function header(headers: Headers, name: string): string | undefined {
  return valuesOf(headers, name)[0]?.trim();
}

/** Every value of header `name` (lower case), of each line in which it came. */
export function valuesOf(headers: Headers, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

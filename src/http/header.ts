/** The header fields of an answer, by names in lower case, as undici and node:http give them. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first value of header `name` (lower case), without surrounding blanks. */
export function header(headers: HeaderFields, name: string): string | undefined {
  return valuesOf(headers, name)[0]?.trim();
}

/** Every value of header `name` (lower case), of each line in which it came. */
export function valuesOf(headers: HeaderFields, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

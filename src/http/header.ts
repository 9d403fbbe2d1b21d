/** Header names in lower case, as undici and node:http give them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first value of header `name` (lower case), without surrounding blanks. */
export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === 'string' ? value : value?.[0])?.trim();
}

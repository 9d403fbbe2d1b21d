/** What the API answers; header names are in lower case. */
export interface BuildkiteAnswer {
  readonly status: number;
  /** A JSON value, or the text when it is none. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

export function answered(body: unknown, headers: Readonly<Record<string, string>> = {}): BuildkiteAnswer {
  return { status: 200, body, headers: { 'content-type': JSON_TYPE, ...headers } };
}

export function refused(status: number, message: string): BuildkiteAnswer {
  return { status, body: { message }, headers: { 'content-type': JSON_TYPE } };
}

export const missing = (what: string): BuildkiteAnswer => refused(404, `No ${what} found`);

export const unauthenticated = (): BuildkiteAnswer =>
  refused(
    401,
    'Authentication required. Please supply a valid API Access Token: https://buildkite.com/docs/apis/rest-api#authentication',
  );

/** Documented for the three lists of builds since June 2026. */
export const tooDeep = (): BuildkiteAnswer =>
  refused(
    400,
    'Listing builds this deep is not supported. Please narrow your query using filters such as branch or created_from.',
  );

/** Too many jobs to bring together in time: what stands in front of the API gives up, and it does not speak JSON. */
export const tooHeavy = (): BuildkiteAnswer => ({
  status: 504,
  body: '<html><head><title>504 Gateway Time-out</title></head></html>',
  headers: { 'content-type': 'text/html' },
});

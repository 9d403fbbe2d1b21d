import { afterEach, beforeEach, vi } from 'vitest';
import { HttpError } from '../../src/errors.js';
import type { HttpClient, HttpClientOptions } from '../../src/http/client.js';
import { type Handler, client as makeClient, type Scripted, serve } from './server.js';

const open: (HttpClient | Scripted)[] = [];
let logged: string[] = [];

beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, '');
});
afterEach(async () => {
  for (const closable of open.splice(0).reverse()) await closable.close();
  vi.unstubAllEnvs();
});

/** A server that is closed after the test. */
export async function scripted(...handlers: Handler[]): Promise<Scripted> {
  const server = await serve(...handlers);
  open.push(server);
  return server;
}

/** A client that is closed after the test. */
export function clientOf(server: { url: URL }, options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = makeClient(server.url, options);
  open.push(made.client);
  logged = made.lines;
  return made.client;
}

/** What the client has logged that was made last. */
export function lines(): readonly string[] {
  return logged;
}

export async function failureOf(promise: Promise<unknown>): Promise<HttpError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error('The request was answered.');
}

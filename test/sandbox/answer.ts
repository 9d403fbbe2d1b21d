import { HttpResponse } from 'msw';

/**
 * Answers are msw responses, whose bodies are web streams. The loopback server takes the same text from here instead:
 * reading it through the stream costs more than making it.
 */
const texts = new WeakMap<Response, string>();
const cutShort = new WeakSet<Response>();

export function answer(status: number, text: string, headers: Readonly<Record<string, string>>): Response {
  const response = new HttpResponse(text, { status, headers });
  texts.set(response, text);
  return response;
}

export const textOf = async (response: Response): Promise<string> =>
  texts.get(response) ?? (await response.text());

/** The loopback server is to send half of it and to close the socket. */
export function cutOff(response: Response): Response {
  cutShort.add(response);
  return response;
}

export const isCutOff = (response: Response): boolean => cutShort.has(response);

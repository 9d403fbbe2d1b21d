import { readFileSync } from 'node:fs';

const manifest: { version: string; description: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** What package.json says of the tap. */
export const { version, description } = manifest;

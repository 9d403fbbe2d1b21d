// Writes the tables of the README: `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { withTables } from './tables.js';

const file = new URL('../../README.md', import.meta.url);
writeFileSync(file, withTables(readFileSync(file, 'utf8')));

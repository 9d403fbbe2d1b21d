import { configSchema } from '../config/schema.js';
import { description, version } from '../version.js';
import type { Environment } from './environment.js';

/** Options of the command about, as commander gives them. */
export interface AboutOptions {
  /** Text unless told. */
  readonly format?: 'text' | 'json';
}

/** What Meltano may ask of the tap. */
const capabilities = ['catalog', 'discover', 'state', 'about'];

/** Prints what the tap is and which settings it takes, as taps of Meltano's SDK do. */
export function about({ format = 'text' }: AboutOptions, { writer }: Environment): void {
  const { required, properties } = configSchema;
  const settings = { type: 'object', properties, required };
  if (format === 'json') {
    const all = { name: 'tap-circle-ci', description, version, capabilities, settings };
    writer.line(JSON.stringify(all, undefined, 2));
    return;
  }
  writer.line(`Name: tap-circle-ci\nDescription: ${description}\nVersion: ${version}`);
  writer.line(`Capabilities: ${capabilities.join(', ')}\nSettings:`);
  for (const [name, setting] of Object.entries(properties)) {
    const marks = [required.includes(name) ? 'required' : '', setting.secret ? 'secret' : ''];
    const shown = marks.filter((mark) => mark !== '').join(', ');
    writer.line(`  ${name}${shown === '' ? '' : ` (${shown})`}: ${setting.description}`);
  }
}

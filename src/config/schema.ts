import { loadSchema } from '../singer/schema.js';

/** A setting as schemas/config.json declares it. */
export interface SettingSchema {
  readonly type: string | readonly string[];
  /** One paragraph, which --about and the README show. */
  readonly description: string;
  readonly default?: unknown;
  /** Never shown anywhere. */
  readonly secret?: boolean;
}

interface ConfigSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, SettingSchema>>;
}

/** schemas/config.json: the one source of validation, defaults and documentation of the settings. */
export const configSchema = loadSchema<ConfigSchema>('config.json');

/** In the order in which documentation shows them. */
export const settingNames: readonly string[] = Object.keys(configSchema.properties);

/** Whether the setting takes an array, besides whatever else it takes. */
export function isArraySetting(name: string): boolean {
  return [configSchema.properties[name]?.type ?? []].flat().includes('array');
}

/** Names of the settings whose values are starred wherever they would be shown. */
export const secretNames: readonly string[] = settingNames.filter(
  (name) => configSchema.properties[name]?.secret === true,
);

import { readFileSync } from 'node:fs';

export const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

export interface Block {
  /** What stands behind the fence; empty for output and lines of a crontab. */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of the README, in order, without the indentation of a list. */
export const blocks: readonly Block[] = [...readme.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
  ([, indentation = '', language = '', text = '']) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  }),
);

export const blocksOf = (language: string): string[] =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);

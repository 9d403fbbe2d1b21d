#!/usr/bin/env node
// A target as Singer wants it: stores rows in batches, then prints the state that came after them. Every process has a
// file of its own, so that one that was killed in the midst of a row spoils none of the next.
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

const batch = 40;
mkdirSync('stored', { recursive: true });
const file = `stored/${String(readdirSync('stored').length).padStart(6, '0')}.jsonl`;
let lines = [];
let state;

function flush() {
  if (lines.length > 0) appendFileSync(file, `${lines.join('\n')}\n`);
  lines = [];
  if (state !== undefined) process.stdout.write(`${JSON.stringify(state)}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'STATE') state = message.value;
  else lines.push(line);
  if (message.type === 'STATE' && lines.length >= batch) flush();
}
flush();

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import '../support/exit-on-signals.js';

const running = new Set<ChildProcess>();

/** Starts a program that does not outlive this one, however this one ends. */
export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  // A group of its own: what a shell has started ends with the shell.
  const child = spawn(command, args, { ...options, detached: true });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Ends a program and all that it has started. */
export function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

process.once('exit', () => {
  for (const child of running) end(child, 'SIGKILL');
});

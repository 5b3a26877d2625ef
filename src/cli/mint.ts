import type { MintOptions, TaskChoice } from '../sdk/agent-session.ts';
import { usedWrongly } from './exit-code.ts';

export interface TaskOptions {
  readonly purpose?: string;
  readonly ticket?: string;
  readonly task?: string;
}

/** The request for a token: a task is opened, continued, or (without scopes) left out. */
export function mintOptions(
  options: TaskOptions,
  scopes: readonly string[],
  resource?: string,
): MintOptions {
  const task = taskChoice(options);
  if (scopes.length > 0 && !task) {
    throw usedWrongly(
      'Scopes belong to a task: give --purpose to open one, or --task to continue one.',
    );
  }
  if (scopes.length === 0 && task) throw usedWrongly('A task needs at least one --scope.');
  return { scopes, ...(task ? { task } : {}), ...(resource === undefined ? {} : { resource }) };
}

function taskChoice({ purpose, ticket, task }: TaskOptions): TaskChoice | undefined {
  if (task !== undefined) {
    if (purpose === undefined && ticket === undefined) return { task_id: task };
    throw usedWrongly('--task continues a task, which has its purpose and ticket already.');
  }
  if (purpose !== undefined) return { purpose, ticket };
  if (ticket !== undefined) throw usedWrongly('--ticket needs --purpose.');
  return undefined;
}

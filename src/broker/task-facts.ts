import type { Task } from '../domain/task.ts';
import type { ContextFacts } from '../policy/context.ts';

/**
 * What a decision may know of a task. What the broker established stands apart from what the agent
 * wrote, which asserts nothing (promise 8); an unstated purpose is absent, not empty.
 */
export function taskFacts(task: Task, now: number): ContextFacts {
  return {
    now,
    task: {
      id: task.id,
      openedBy: task.openedBy,
      openedAt: task.createdAt,
      verifiedTicket: task.verifiedTicket,
    },
    claimed: { purpose: task.purpose === '' ? undefined : task.purpose, ticket: task.ticket },
  };
}

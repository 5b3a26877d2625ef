/**
 * The Cedar schema that every rule is checked against. The five actions are the five effects.
 *
 * `task` and `time` are facts the broker established; what the agent wrote is under `claimed`.
 * `time.weekday` counts from 1 (Monday) to 7, hours and days are UTC, `unix` and `opened_at` are seconds.
 */
export const CEDAR_SCHEMA = `
entity Team;
entity Environment;
entity Agent in [Team];
entity Resource in [Environment];
entity Scope in [Resource];

type Task = {
  id: String,
  opened_by: String,
  opened_at: Long,
  verified_ticket?: String,
};
type Time = { unix: Long, hour: Long, minute: Long, weekday: Long };
type Claimed = { purpose?: String, ticket?: String };

action read, read_secret, sandbox, write, destroy appliesTo {
  principal: Agent,
  resource: Scope,
  context: { task: Task, time: Time, claimed: Claimed },
};
`;

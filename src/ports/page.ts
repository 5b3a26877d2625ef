/** A slice of a list, newest first: at most `limit` records older than `before` (an id). */
export interface Page {
  readonly limit: number;
  readonly before?: string;
}

/** A list of records of one agent, task or resource; `live` leaves out what has ended. */
export interface RecordFilter extends Page {
  readonly agentId?: string;
  readonly taskId?: string;
  readonly resource?: string;
  readonly live?: boolean;
  readonly overdue?: boolean;
  readonly abandoned?: boolean;
}

/** Housekeeping of the store. */
export interface Upkeep {
  /** Deletes what retention lets go, in small pages. */
  removeRetired(retentionDays: number, pagesPerTable: number): Promise<void>;
  /** Moves the high-water mark of time, below which the store's clock cannot go. */
  raiseHighWater(): Promise<void>;
}

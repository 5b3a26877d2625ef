/** Where something stands in the bundle; `line` is 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

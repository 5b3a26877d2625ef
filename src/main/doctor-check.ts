/** One line of `countersign doctor`, with what mends it. */
export interface DoctorCheck {
  readonly id: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly next?: string;
  readonly sql?: readonly string[];
}

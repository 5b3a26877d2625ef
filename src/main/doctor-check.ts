/** One line of `countersign doctor`, and what mends what it says. */
export interface DoctorCheck {
  readonly id: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly next?: string;
  readonly sql?: readonly string[];
}

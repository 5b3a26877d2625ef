/** An error that arose in the console itself, with a sentence for whoever looks. */
export class ShownError extends Error {
  override readonly name: string = 'ShownError';
}

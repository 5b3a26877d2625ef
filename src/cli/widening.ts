import type { WideningAsked } from '../contract/schemas/policy.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

/** Does the change wait for an approval, instead of being made? */
export function isAwaiting(answer: object): answer is WideningAsked {
  return 'approval_id' in answer;
}

/** Says what has to be approved, and where. @returns the exit code for it */
export function tellAwaiting(out: Output, asked: WideningAsked): ExitCode {
  out.result(asked, () =>
    [
      `${out.paint.yellow('waiting')}  This widens a protected environment, so an admin has to approve it first:`,
      ...asked.widens.map((text) => `  ${printable(text)}`),
      '',
      printable(asked.approval_uri),
    ].join('\n'),
  );
  return EXIT.approvalPending;
}

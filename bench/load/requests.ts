import { assertionsOf, type Caller } from '../assertions.ts';

/** A stream of form requests, each authenticated with an assertion of its own. */
export interface RequestPlan {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** What the assertions name as `aud`. */
  readonly audience: string;
  readonly callers: readonly Caller[];
  /**
   * The other form fields, used in turn. `forms[i]` goes with `callers[i % callers.length]`, so a
   * form may hold something that belongs to one caller (its task).
   */
  readonly forms: readonly Readonly<Record<string, string>>[];
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A maker of complete requests as bytes, in the plan's order, without end. */
export function requestsOf(plan: RequestPlan): () => Buffer {
  const assertions = plan.callers.map((caller) => assertionsOf(caller, plan.audience));
  const forms = plan.forms.map((form) =>
    new URLSearchParams({ ...form, client_assertion_type: ASSERTION_TYPE }).toString(),
  );
  let turn = 0;
  return () => {
    const form = forms[turn % forms.length];
    const assertion = assertions[(turn % forms.length) % assertions.length];
    turn += 1;
    if (form === undefined || assertion === undefined) throw new Error('a plan needs forms');
    return formRequest(plan, `${form}&client_assertion=${assertion()}`);
  };
}

function formRequest(plan: RequestPlan, body: string): Buffer {
  return Buffer.from(
    `POST ${plan.path} HTTP/1.1\r\nHost: ${plan.host}:${plan.port}\r\n` +
      'Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n' +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
    'latin1',
  );
}

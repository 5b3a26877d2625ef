import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestBroker } from '../support/broker.ts';
import { type Answer, ask, decoded, introspect, mint, type Party, partyOf } from './wire.ts';
import { openScene, type Scene } from './scene.ts';

let scene: Scene;
let broker: TestBroker;
let agent: Party;
let server: Party;

beforeAll(async () => {
  scene = await openScene();
  ({ broker, agent } = scene);
  server = await scene.reports();
});
afterAll(() => scene.stop());

const asked = (details: string, scope = 'shop-staging:read') =>
  mint(broker, agent, { scope, authorization_details: details });

function refused(answer: Answer): void {
  expect([answer.status, answer.body['error'], answer.body['field']], answer.text).toEqual([
    400,
    'invalid_authorization_details',
    'authorization_details',
  ]);
}

const TASK = `tsk_${'0'.repeat(26)}`;

describe('A1: what is no task', () => {
  it.each([
    ['not JSON', 'task'],
    ['cut JSON', '[{"type":"task"'],
    ['an object', '{"type":"task","purpose":"x"}'],
    ['a text', '"task"'],
    ['null', 'null'],
    ['an empty list', '[]'],
    ['two elements', '[{"type":"task","purpose":"x"},{"type":"task","purpose":"y"}]'],
    ['a list of a list', '[[{"type":"task","purpose":"x"}]]'],
    ['a list of null', '[null]'],
    ['a list of text', '["task"]'],
    ['no type', '[{"purpose":"x"}]'],
    ['an unknown type', '[{"type":"payment","purpose":"x"}]'],
    ['type in another case', '[{"type":"Task","purpose":"x"}]'],
    ['type of the wrong kind', '[{"type":["task"],"purpose":"x"}]'],
    ['an unknown field', '[{"type":"task","purpose":"x","approved":true}]'],
    [
      'a field of RFC 9396 that tasks do not have',
      '[{"type":"task","purpose":"x","actions":["read"]}]',
    ],
    ['no purpose', '[{"type":"task"}]'],
    ['an empty purpose', '[{"type":"task","purpose":""}]'],
    ['a purpose of white space', '[{"type":"task","purpose":"  "}]'],
    ['a purpose of the wrong kind', '[{"type":"task","purpose":7}]'],
    ['a purpose that is null', '[{"type":"task","purpose":null}]'],
    ['a long purpose', `[{"type":"task","purpose":"${'x'.repeat(501)}"}]`],
    ['a ticket of the wrong kind', '[{"type":"task","purpose":"x","ticket":{}}]'],
    ['an empty ticket', '[{"type":"task","purpose":"x","ticket":""}]'],
    ['a task and a purpose', `[{"type":"task","task_id":"${TASK}","purpose":"x"}]`],
    ['a task and a ticket', `[{"type":"task","task_id":"${TASK}","ticket":"OPS-1"}]`],
    ['a task id that is none', '[{"type":"task","task_id":"agt_x"}]'],
    ['a task id of the wrong kind', '[{"type":"task","task_id":7}]'],
  ])('%s', async (_name, details) => {
    refused(await asked(details));
  });
  it('an unknown task, and that of another agent, answer alike', async () => {
    const other = partyOf(await broker.agent());
    const opened = await mint(broker, other, { scope: 'shop-staging:read' });
    const [{ task_id: theirs }] = opened.body['authorization_details'] as [{ task_id: string }];
    const answers = [];
    for (const task_id of [TASK, theirs]) {
      const { status, body } = await asked(JSON.stringify([{ type: 'task', task_id }]));
      const { request_id: _id, ...rest } = body;
      answers.push({ status, rest });
    }
    expect(answers[0]?.status).toBeGreaterThanOrEqual(400);
    expect(answers[1]).toEqual(answers[0]);
  });
});

describe('A2: what was granted', () => {
  it('is echoed, carried and introspected: the task, without purpose and ticket', async () => {
    const details = JSON.stringify([{ type: 'task', purpose: 'look', ticket: 'OPS-1' }]);
    const answer = await asked(details, 'reports:read');
    const granted = answer.body['authorization_details'];
    expect(granted).toEqual([{ type: 'task', task_id: expect.stringMatching(/^tsk_/) }]);
    const token = String(answer.body['access_token']);
    expect(decoded(token).claims['authorization_details']).toEqual(granted);
    const seen = await introspect(broker, server, token);
    expect(seen.body['authorization_details']).toEqual(granted);
    const again = await asked(JSON.stringify(granted), 'reports:read');
    expect(again.body['authorization_details']).toEqual(granted);
    expect(again.body['access_token']).not.toBe(token);
  });
  it('the types are in the metadata', async () => {
    const metadata = await ask(`${broker.url}/.well-known/oauth-authorization-server`);
    expect(metadata.body['authorization_details_types_supported']).toEqual(['task']);
  });
});

describe('A3: JSON with two readings', () => {
  it.each([
    ['a duplicate member', '[{"type":"task","purpose":"a","purpose":"b"}]'],
    ['a duplicate type', '[{"type":"x","type":"task","purpose":"a"}]'],
    ['a duplicate by escape', '[{"type":"task","purpose":"a","purp\\u006fse":"b"}]'],
    ['__proto__', '[{"type":"task","purpose":"a","__proto__":{"ticket":"x"}}]'],
    ['__proto__ alone', '[{"__proto__":{"type":"task","purpose":"a"}}]'],
    ['constructor', '[{"type":"task","purpose":"a","constructor":{}}]'],
    ['1e400', '[{"type":"task","purpose":"a","ticket":1e400}]'],
    ['a numeric string where a number is', '[{"type":"task","purpose":1}]'],
    ['a number where a text is', '[{"type":"task","purpose":"a","ticket":12}]'],
    ['a large integer', '[{"type":"task","purpose":"a","ticket":9007199254740993}]'],
    ['NUL', '[{"type":"task","purpose":"a\\u0000b"}]'],
    ['a lone surrogate', '[{"type":"task","purpose":"\\ud800"}]'],
    ['a comment', '[{"type":"task","purpose":"a"/**/}]'],
    ['a trailing comma', '[{"type":"task","purpose":"a"},]'],
    ['single quotes', "[{'type':'task','purpose':'a'}]"],
    ['a byte order mark', '\ufeff[{"type":"task","purpose":"a"}]'],
    ['NaN', '[{"type":"task","purpose":NaN}]'],
    ['deep nesting', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['two values', '[{"type":"task","purpose":"a"}][]'],
  ])('%s', async (_name, details) => {
    refused(await asked(details));
  });
  it('whatever else is sent: refused or one task, never an error of ours', async () => {
    const member = fc.oneof(fc.constantFrom('type', 'purpose', 'ticket', 'task_id'), fc.string());
    const value = fc.oneof(fc.constant('task'), fc.string(), fc.jsonValue());
    const element = fc.dictionary(member, value);
    const text = fc.oneof(
      fc.array(element, { maxLength: 3 }).map((list) => JSON.stringify(list)),
      fc.json(),
      fc.string({ unit: 'binary', minLength: 1 }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (details) => {
        const answer = await asked(details);
        if (answer.status === 200) {
          expect(answer.body['authorization_details']).toHaveLength(1);
        } else refused(answer);
      }),
      { numRuns: 80, includeErrorInReport: true, examples: [['[{"type":"task","purpose":"x"}]']] },
    );
  });
});

import { FilePlus2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import type { Files } from './merge-drafts.ts';

const PATH =
  /^(?:(?:agents|environments|groups)\.yaml|(?:resources|tests)\/[A-Za-z0-9][A-Za-z0-9_.-]*\.yaml|rules\/[A-Za-z0-9][A-Za-z0-9_.-]*\.cedar)$/;

/** What a new file begins with, so that nobody starts from nothing. */
function beginningOf(path: string): string {
  const name = path.slice(path.indexOf('/') + 1).replace(/\.(?:yaml|cedar)$/, '');
  if (path.startsWith('rules/')) {
    return `@id("${name}")\n@ttl("15m")\npermit (\n  principal in Team::"support",\n  action == Action::"read",\n  resource in Environment::"staging"\n);\n`;
  }
  if (path.startsWith('resources/')) {
    return `resource: ${name}\nkind: postgres\nenvironment: staging\nowner: somebody@example.com\nconnection:\n  url: { secret: ${name}/admin-url }\n  accept: []\nscopes:\n  read:\n    effect: read\n    description: What it is for, in one line\n    max_ttl: 15m\n    postgres:\n      grant:\n        - { privileges: [SELECT], tables: [public.orders] }\n`;
  }
  if (path.startsWith('tests/')) {
    return `- name: support reads\n  agent: demo-agent\n  scope: "orders-db:read"\n  expect: { decision: allow }\n`;
  }
  return '';
}

/** Adds a file to the bundle. */
export function FileActions({
  files,
  put,
  open,
}: {
  readonly files: Files;
  readonly put: (files: Files) => void;
  readonly open: (path: string) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const [path, setPath] = useState('rules/');
  const problem = problemOf(path, files);
  const isTouched = path !== 'rules/';
  const add = () => {
    put({ ...files, [path]: beginningOf(path) });
    open(path);
    setOpen(false);
    setPath('rules/');
  };
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        <FilePlus2 aria-hidden className="size-4" />
        New file
      </Button>
      {isOpen && (
        <Dialog
          open
          onOpenChange={setOpen}
          title="New file"
          description="A bundle has agents.yaml, environments.yaml and groups.yaml, and files below resources/, rules/ and tests/."
          footer={
            <>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <Button look="primary" disabled={problem !== undefined} onClick={add}>
                Add
              </Button>
            </>
          }
        >
          <Field
            label="Path"
            hint="rules/support.cedar, resources/orders-db.yaml, tests/support.yaml"
            problem={isTouched ? problem : undefined}
          >
            {(control) => (
              <input
                {...control}
                value={path}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setPath(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && problem === undefined) add();
                }}
                className={`${control.className} font-mono`}
              />
            )}
          </Field>
        </Dialog>
      )}
    </>
  );
}

function problemOf(path: string, files: Files): string | undefined {
  if (path in files) return 'There is such a file already.';
  return PATH.test(path) ? undefined : 'Not a path of a bundle: see below.';
}

import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useChange } from '../../wire/query.ts';
import { useSession } from '../../wire/session.ts';

const FORM = 'register-agent';
const FIELDS = ['name', 'owner', 'teams', 'jwks', 'jwks_uri'];

/** Registers an agent with its public key; what the broker refuses is said at its field. */
export function RegisterAgent() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <Plus aria-hidden className="size-4" />
        Register an agent
      </Button>
      {open && <Form onClose={() => setOpen(false)} />}
    </>
  );
}

function Form({ onClose }: { readonly onClose: () => void }) {
  const { operator } = useSession();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState(operator.email);
  const [teams, setTeams] = useState('');
  const [keys, setKeys] = useState('');
  const [unread, setUnread] = useState<string>();
  const register = useChange('createAgent', ['listAgents'], {
    onSuccess: async ({ id, name: made }) => {
      toast(`${made} is registered.`);
      onClose();
      await navigate({ to: '/agents/$id', params: { id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const source = readKeys(keys);
    setUnread(typeof source === 'string' ? source : undefined);
    if (typeof source === 'string') return;
    const listed = teams.split(/[\s,]+/).filter((team) => team !== '');
    register.mutate({ body: { name, owner, teams: listed, ...source } });
  };
  const { error } = register;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Register an agent"
      description="It gets nothing by this: rules decide what it may have."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={register.isPending}>
            Register
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={submit} className="flex flex-col gap-4">
        <Line label="Name" problem={problemOf(error, 'name')} value={name} onChange={setName} />
        <Line
          label="Owner"
          hint="The e-mail of the person who answers for it."
          problem={problemOf(error, 'owner')}
          value={owner}
          onChange={setOwner}
        />
        <Line
          label="Teams"
          hint="Separated by commas. Rules speak of teams."
          problem={problemOf(error, 'teams')}
          value={teams}
          onChange={setTeams}
        />
        <Field
          label="Public key"
          hint="A JWK, a JWK set, or the https address of one. The private key stays with the agent."
          problem={unread ?? problemOf(error, 'jwks') ?? problemOf(error, 'jwks_uri')}
        >
          {(control) => (
            <textarea
              {...control}
              required
              rows={5}
              spellCheck={false}
              className={`${control.className} font-mono`}
              value={keys}
              onChange={(event) => setKeys(event.target.value)}
            />
          )}
        </Field>
        <Problem error={otherProblem(error, FIELDS)} />
      </form>
    </Dialog>
  );
}

function Line(props: {
  readonly label: string;
  readonly hint?: string;
  readonly problem: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const hint = props.hint === undefined ? {} : { hint: props.hint };
  return (
    <Field label={props.label} problem={props.problem} {...hint}>
      {(control) => (
        <input
          {...control}
          required={props.label !== 'Teams'}
          autoComplete="off"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

type Keys = { jwks: { keys: Record<string, unknown>[] } } | { jwks_uri: string };

/** What was pasted, or why it is no key. A private key is not sent anywhere. */
function readKeys(text: string): Keys | string {
  const trimmed = text.trim();
  if (/^https?:/.test(trimmed)) return { jwks_uri: trimmed };
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return 'This is neither JSON nor an address.';
  }
  const listed: unknown =
    typeof value === 'object' && value && 'keys' in value ? value.keys : [value];
  const isKey = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && 'kty' in one;
  if (!Array.isArray(listed) || !listed.every(isKey)) return 'This is no JWK.';
  if (listed.some((one) => 'd' in one || 'k' in one)) {
    return 'This is a private key. Nothing was sent: take the public one, and replace this pair.';
  }
  return { jwks: { keys: listed } };
}

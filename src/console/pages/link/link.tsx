import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import type { CallResult } from '../../../sdk/call-types.ts';
import { callOnce } from '../../wire/call.ts';
import { linkSecret } from '../../wire/link-secret.ts';
import { registerWith } from '../../wire/passkey.ts';
import { keepSession } from '../../wire/session.ts';
import { Door } from '../sign-in/door.tsx';

type Link = CallResult<'openLink'>;

/** Opened by a set-up link or an invitation: registers the first passkey of whoever it was made for. */
export function LinkPage() {
  const secret = linkSecret;
  const link = useQuery({
    queryKey: ['link'],
    queryFn: ({ signal }) => callOnce('openLink', { body: { secret: secret ?? '' }, signal }),
    enabled: secret !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (secret === undefined) return <NoSecret />;
  if (link.error) {
    return (
      <Door title="This link does not open" lead="It works once, and only for a while.">
        <Problem error={link.error} />
        <p className="text-sm text-ink-soft">Ask whoever gave it to you for another one.</p>
      </Door>
    );
  }
  if (!link.data) {
    return (
      <Door title="Opening the link">
        <Waiting />
      </Door>
    );
  }
  return <Register secret={secret} link={link.data} />;
}

function NoSecret() {
  return (
    <Door
      title="Open the whole link"
      lead="The part after # is missing, and only that part opens it."
    >
      <p className="text-sm text-ink-soft">
        Copy the link as it was given to you, up to its end. If this page was loaded again, the link
        is no longer in the address: open it once more.
      </p>
    </Door>
  );
}

const FIELDS = ['name', 'email', 'passkey_name'];

function Register({ secret, link }: { readonly secret: string; readonly link: Link }) {
  const navigate = useNavigate();
  const [name, setName] = useState(link.name ?? '');
  const [email, setEmail] = useState(link.email ?? '');
  const [passkeyName, setPasskeyName] = useState('');
  const register = useMutation({
    mutationFn: async () => {
      const begun = await callOnce('beginLinkRegistration', { body: { secret, name, email } });
      const attestation = await registerWith(begun.publicKey);
      const named = passkeyName.trim() === '' ? {} : { passkey_name: passkeyName.trim() };
      const { ceremony_id } = begun;
      return callOnce('acceptLink', { body: { secret, ceremony_id, attestation, ...named } });
    },
    onSuccess: async (session) => {
      keepSession(session);
      await navigate({ to: '/', replace: true });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    register.mutate();
  };
  return (
    <Door
      title={link.kind === 'set_up' ? 'Set up Countersign' : `Welcome, ${link.name ?? ''}`}
      lead={
        link.kind === 'set_up'
          ? 'You become the first admin. Your passkey is your signature from now on.'
          : 'Register a passkey: it signs you in, and it signs what you approve.'
      }
    >
      <p className="flex items-center gap-2 text-sm text-ink-soft">
        Role <Badge tone="accent">{link.role}</Badge> · the link ends <Time at={link.expires_at} />
      </p>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Your name" problem={problemOf(register.error, 'name')}>
          {(control) => (
            <input
              {...control}
              required
              autoComplete="name"
              maxLength={100}
              readOnly={link.name !== undefined}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="E-mail" problem={problemOf(register.error, 'email')}>
          {(control) => (
            <input
              {...control}
              required
              type="email"
              autoComplete="email"
              maxLength={254}
              readOnly={link.email !== undefined}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Name of the passkey"
          hint="Optional, such as “phone” or “blue security key”."
          problem={problemOf(register.error, 'passkey_name')}
        >
          {(control) => (
            <input
              {...control}
              maxLength={60}
              value={passkeyName}
              onChange={(event) => setPasskeyName(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" look="primary" size="lg" busy={register.isPending}>
          Register a passkey
        </Button>
        <Problem error={otherProblem(register.error, FIELDS)} />
      </form>
    </Door>
  );
}

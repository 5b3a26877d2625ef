import { Link } from '@tanstack/react-router';
import { UsersRound } from 'lucide-react';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import type { ItemOf } from '../../../sdk/call-types.ts';
import { usePages } from '../../wire/query.ts';

type Group = ItemOf<'listGroups'>;

/** The groups that rules ask for approvals, and which operators are in them now. */
export function Groups() {
  const groups = usePages('listGroups');
  if (groups.isPending) return <Waiting rows={4} />;
  if (groups.error && groups.items.length === 0) {
    return <Failure error={groups.error} again={groups.again} />;
  }
  if (groups.items.length === 0) {
    return (
      <Panel flush>
        <Empty
          icon={UsersRound}
          title="No approver group"
          action={
            <Button look="primary" asChild>
              <Link to="/policy" search={{ file: 'groups.yaml' }}>
                Open groups.yaml
              </Link>
            </Button>
          }
        >
          A rule that says <code>@approvers("dba")</code> asks the people of the group dba. Groups
          are kept in the policy, so that nobody joins one unseen.
        </Empty>
      </Panel>
    );
  }
  return (
    <>
      <p className="text-sm text-ink-soft">
        Groups are part of the policy:{' '}
        <Link
          to="/policy"
          search={{ file: 'groups.yaml' }}
          className="text-accent-ink underline underline-offset-2"
        >
          groups.yaml
        </Link>{' '}
        says who is in them, and a change that lets somebody approve for production is approved
        itself.
      </p>
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {groups.items.map((group) => (
          <GroupPanel key={group.name} group={group} />
        ))}
      </div>
      {groups.hasMore && (
        <Button className="self-center" busy={groups.isReadingMore} onClick={groups.more}>
          Read more
        </Button>
      )}
    </>
  );
}

function GroupPanel({ group }: { readonly group: Group }) {
  const known = new Set(group.operators.map(({ email }) => email.toLowerCase()));
  const missing = (group.members ?? []).filter((email) => !known.has(email.toLowerCase()));
  return (
    <Panel
      title={group.name}
      aside={group.oidc === undefined ? undefined : <Badge>of the identity provider</Badge>}
    >
      <div className="flex flex-col gap-3 text-sm">
        {group.oidc !== undefined && (
          <p className="text-ink-soft">
            Whoever is in its group <code className="font-mono text-[13px]">{group.oidc}</code> at
            their last sign-in.
          </p>
        )}
        {group.operators.length === 0 ? (
          <p className="rounded-lg bg-warn-soft px-3 py-2 text-warn-ink">
            Nobody can approve as {group.name}: requests that need it are refused.
          </p>
        ) : (
          <ul className="flex flex-col gap-2">
            {group.operators.map(({ id, name, email, role }) => (
              <li key={id} className="flex items-center justify-between gap-3">
                <Link to="/operators/$id" params={{ id }} className="min-w-0 hover:underline">
                  <span className="font-medium">{name}</span>{' '}
                  <span className="break-all text-ink-faint">{email}</span>
                </Link>
                <Badge>{role}</Badge>
              </li>
            ))}
          </ul>
        )}
        {missing.map((email) => (
          <p key={email} className="text-ink-faint">
            <span className="break-all">{email}</span> is listed, and is no operator
          </p>
        ))}
      </div>
    </Panel>
  );
}

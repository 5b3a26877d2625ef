import { useSearch } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Groups } from './groups.tsx';
import { InviteButton } from './invite.tsx';
import { Operators } from './operators.tsx';
import { readPeopleSearch } from './search.ts';

/** The people who run the broker, and the groups that approve. */
export function PeoplePage() {
  const current = readPeopleSearch(useSearch({ strict: false })).view ?? 'operators';
  return (
    <Page
      title="Operators and groups"
      lead="Who may sign in here and in which role, and who is asked to approve."
      actions={<InviteButton />}
    >
      <Tabs
        label="Operators and groups"
        current={current}
        tabs={[
          { name: 'operators', title: 'Operators' },
          { name: 'groups', title: 'Approver groups' },
        ]}
      />
      {current === 'operators' ? <Operators /> : <Groups />}
    </Page>
  );
}

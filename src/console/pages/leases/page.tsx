import { useSearch } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Leases } from './leases.tsx';
import { readLeasesSearch } from './search.ts';
import { Tokens } from './tokens.tsx';

/** Everything that was handed out: credentials and tokens. */
export function LeasesPage() {
  const current = readLeasesSearch(useSearch({ strict: false })).view ?? 'leases';
  return (
    <Page
      title="Leases and tokens"
      lead="Credentials that are out at resources, and the tokens that agents show to get them."
    >
      <Tabs
        label="Leases and tokens"
        current={current}
        tabs={[
          { name: 'leases', title: 'Leases' },
          { name: 'tokens', title: 'Tokens' },
        ]}
      />
      {current === 'leases' ? <Leases /> : <Tokens />}
    </Page>
  );
}

import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Fact, Facts } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';

type Radius = NonNullable<Approval['card']['blast_radius']>;

/** What it reaches beyond its own rows; these bounds are held before COMMIT. */
export function Reach({ radius }: { readonly radius: Radius }) {
  const bounds = Object.entries(radius.bounds);
  return (
    <Facts>
      {bounds.length > 0 && (
        <Fact name="Rows per table">
          <ul>
            {bounds.map(([table, [least, most]]) => (
              <li key={table}>
                <Visible text={table} />: {least === most ? most : `${least} to ${most}`}
              </li>
            ))}
          </ul>
          <p className="mt-1 text-[13px] text-ink-faint">
            Outside of these it is rolled back before COMMIT.
          </p>
        </Fact>
      )}
      {radius.cascades.length > 0 && (
        <Fact name="By foreign keys">
          <ul>
            {radius.cascades.map(({ table, action, rows }) => (
              <li key={`${table} ${action}`}>
                {action} {rows} in <Visible text={table} />
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {radius.triggers.length > 0 && (
        <Fact name="Triggers run">
          <Visible text={radius.triggers.join(', ')} />
        </Fact>
      )}
      {radius.why !== undefined && (
        <Fact name="Why not counted">
          <Visible text={radius.why} />
        </Fact>
      )}
      <Fact name="Backup">
        {radius.backup ? <Time at={radius.backup.at} /> : 'None is known of'}
      </Fact>
    </Facts>
  );
}

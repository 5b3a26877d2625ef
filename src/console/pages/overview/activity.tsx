import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Overview } from '../../../contract/schemas/overview.ts';

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const SERIES = [
  { key: 'minted', name: 'Tokens minted', color: 'var(--color-accent-ink)' },
  { key: 'issued', name: 'Credentials issued', color: 'var(--color-good-ink)' },
  { key: 'approved', name: 'Approvals', color: 'var(--color-warn-ink)' },
  { key: 'denied', name: 'Denials', color: 'var(--color-danger-ink)' },
] as const;

/** Tokens, credentials, approvals and denials by the hour; the same numbers as a table for screen readers. */
export default function Activity({ activity }: { readonly activity: Overview['activity'] }) {
  return (
    <figure>
      <figcaption className="mb-3 flex flex-wrap gap-x-4 gap-y-1 text-[13px] text-ink-soft">
        {SERIES.map(({ key, name, color }) => (
          <span key={key} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-full" style={{ background: color }} />
            {name} <strong className="font-semibold text-ink">{total(activity, key)}</strong>
          </span>
        ))}
      </figcaption>
      <div aria-hidden className="h-56">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart
            data={[...activity]}
            margin={{ top: 4, right: 4, bottom: 0, left: -24 }}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis
              dataKey="hour"
              tickFormatter={(at: string) => hour.format(new Date(at))}
              tick={{ fill: 'var(--color-ink-faint)', fontSize: 12 }}
              tickLine={false}
              axisLine={false}
              minTickGap={40}
            />
            <YAxis
              allowDecimals={false}
              tick={{ fill: 'var(--color-ink-faint)', fontSize: 12 }}
              tickLine={false}
              axisLine={false}
            />
            <Tooltip
              cursor={{ fill: 'var(--color-hover)' }}
              labelFormatter={(at) => (typeof at === 'string' ? hour.format(new Date(at)) : '')}
              contentStyle={{
                background: 'var(--color-raised)',
                border: '1px solid var(--color-line)',
                borderRadius: 10,
                fontSize: 13,
              }}
            />
            {SERIES.map(({ key, name, color }) => (
              <Bar
                key={key}
                dataKey={key}
                name={name}
                stackId="hour"
                fill={color}
                maxBarSize={18}
                isAnimationActive={false}
              />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}

function total(activity: Overview['activity'], key: (typeof SERIES)[number]['key']): number {
  return activity.reduce((sum, one) => sum + one[key], 0);
}

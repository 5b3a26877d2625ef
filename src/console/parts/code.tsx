import { Visible } from './words.tsx';

/** Exact text, whole, as it will be executed; characters nobody would see are named. */
export function Code({
  text,
  label,
  tall = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly tall?: boolean;
}) {
  return (
    <pre
      // Long lines scroll: whoever has no mouse reaches them too.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label={label}
      className={`overflow-auto rounded-lg border border-line bg-sunken p-3.5 font-mono text-[13px] leading-relaxed break-words whitespace-pre-wrap ${tall ? 'max-h-[60dvh]' : 'max-h-80'}`}
    >
      <Visible text={text} />
    </pre>
  );
}

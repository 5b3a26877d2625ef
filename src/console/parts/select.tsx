import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';

/** One of a few. Its label is read out, and not shown: the choice says what it is about. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
  id,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly title: string }[];
  readonly onChange: (value: Value) => void;
  readonly id?: string;
}) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as Value)}>
      <Radix.Trigger
        id={id}
        aria-label={label}
        className="inline-flex h-10 items-center justify-between gap-2 rounded-lg border border-line-strong bg-surface px-3 text-sm hover:bg-hover sm:min-w-40"
      >
        <Radix.Value />
        <Radix.Icon>
          <ChevronDown aria-hidden className="size-4 text-ink-faint" />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-60 max-h-80 min-w-(--radix-select-trigger-width) overflow-hidden rounded-xl border border-line bg-raised p-1 shadow-pop"
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="flex cursor-default items-center justify-between gap-3 rounded-lg px-3 py-2 text-sm outline-none data-[highlighted]:bg-hover"
              >
                <Radix.ItemText>{option.title}</Radix.ItemText>
                <Radix.ItemIndicator>
                  <Check aria-hidden className="size-4 text-accent-ink" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

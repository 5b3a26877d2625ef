import { CircleUser, LogOut } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { Button } from '../parts/button.tsx';
import { signOut } from '../wire/sign-in.ts';
import { useSession } from '../wire/session.ts';
import { type Theme, useTheme } from './theme.ts';

const ITEM =
  'flex items-center gap-2.5 rounded-md px-2.5 py-2 text-sm outline-none select-none data-highlighted:bg-hover';

/** Who is signed in, the theme, and the way out. */
export function AccountMenu() {
  const { operator } = useSession();
  const [theme, choose] = useTheme();
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button look="ghost" size="icon" aria-label={`Account of ${operator.name}`}>
          <CircleUser aria-hidden className="size-5" />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className="z-50 w-64 rounded-xl border border-line bg-raised p-1.5 shadow-pop"
        >
          <div className="border-b border-line px-2.5 pt-1.5 pb-2.5">
            <p className="truncate text-sm font-medium">{operator.name}</p>
            <p className="truncate text-[13px] text-ink-faint">{operator.email}</p>
            <p className="mt-1 text-[13px] text-ink-soft">
              {[operator.role, ...operator.groups].join(' · ')}
            </p>
          </div>
          <DropdownMenu.RadioGroup
            aria-label="Theme"
            className="border-b border-line py-1.5"
            value={theme}
            onValueChange={(value) => choose(value as Theme)}
          >
            {(['system', 'light', 'dark'] as const).map((value) => (
              <DropdownMenu.RadioItem
                key={value}
                value={value}
                className={`${ITEM} justify-between`}
              >
                <span className="capitalize">{value} theme</span>
                <DropdownMenu.ItemIndicator>✓</DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Item className={`${ITEM} mt-1.5`} onSelect={() => void signOut()}>
            <LogOut aria-hidden className="size-4" />
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

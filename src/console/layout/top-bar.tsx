import { Monitor, Moon, Sun } from 'lucide-react';
import { StopControl } from '../stop/control.tsx';
import { Button } from '../parts/button.tsx';
import { AccountMenu } from './account-menu.tsx';
import { Connection } from './connection.tsx';
import { Mark } from './mark.tsx';
import { useTheme } from './theme.ts';

const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;
const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export function TopBar() {
  return (
    <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-canvas/90 px-4 backdrop-blur sm:px-6 lg:px-8">
      <div className="lg:hidden">
        <Mark />
      </div>
      <div className="ml-auto flex items-center gap-1 sm:gap-2">
        <Connection />
        <ThemeSwitch />
        <AccountMenu />
        <StopControl />
      </div>
    </header>
  );
}

/** Light, dark, or as the device says. */
function ThemeSwitch() {
  const [theme, choose] = useTheme();
  const Icon = ICONS[theme];
  return (
    <Button
      look="ghost"
      size="icon"
      className="max-sm:hidden"
      aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}`}
      title={`Theme: ${theme}`}
      onClick={() => choose(NEXT[theme])}
    >
      <Icon aria-hidden className="size-4" />
    </Button>
  );
}

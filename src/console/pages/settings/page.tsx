import { Monitor, Moon, Sun } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { type Theme, useTheme } from '../../layout/theme.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { Page } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { useSession } from '../../wire/session.ts';
import { Channels } from './channels.tsx';
import { Health } from './health.tsx';
import { Passkeys } from './passkeys.tsx';
import { Sessions } from './sessions.tsx';

const THEMES: readonly {
  readonly theme: Theme;
  readonly title: string;
  readonly icon: typeof Sun;
}[] = [
  { theme: 'system', title: 'As the device', icon: Monitor },
  { theme: 'light', title: 'Light', icon: Sun },
  { theme: 'dark', title: 'Dark', icon: Moon },
];

/** Your own account, and what this broker says about itself. */
export function SettingsPage() {
  const { operator } = useSession();
  return (
    <Page title="Settings" lead="Your account, this browser, and the state of the broker.">
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="You">
            <Facts>
              <Fact name="Name">{operator.name}</Fact>
              <Fact name="E-mail">{operator.email}</Fact>
              <Fact name="Role">{operator.role}</Fact>
              <Fact name="Groups">{operator.groups.join(', ') || 'none'}</Fact>
              <Fact name="Id">
                <Copyable text={operator.id} label="Copy the id" />
              </Fact>
            </Facts>
          </Panel>
          <Passkeys />
          <Sessions operator={undefined} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Appearance">
            <ThemeChoice />
          </Panel>
          <Health />
          <Channels />
        </div>
      </div>
    </Page>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  return (
    <RadioGroup.Root
      aria-label="Colours"
      value={theme}
      onValueChange={(value) => setTheme(value as Theme)}
      className="grid grid-cols-3 gap-2"
    >
      {THEMES.map(({ theme: value, title, icon: Icon }) => (
        <RadioGroup.Item
          key={value}
          value={value}
          className="flex flex-col items-center gap-2 rounded-lg border border-line-strong p-3 text-sm data-[state=checked]:border-accent-ink data-[state=checked]:bg-accent-soft"
        >
          <Icon aria-hidden className="size-5" />
          {title}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

import { RadioGroup } from 'radix-ui';
import { ROLES, type Role } from '../../../contract/route.ts';

const SAYS: Readonly<Record<Role, string>> = {
  admin: 'Everything: the policy, people, stops and their end.',
  approver: 'Approves, denies, revokes and stops. Changes no policy.',
  auditor: 'Reads everything, exports and verifies. Changes nothing.',
};

/** One of the three roles, each with what it may. */
export function RoleChoice({
  role,
  onChange,
}: {
  readonly role: Role;
  readonly onChange: (role: Role) => void;
}) {
  return (
    <RadioGroup.Root
      aria-label="Role"
      value={role}
      onValueChange={(value) => onChange(value as Role)}
      className="flex flex-col gap-2"
    >
      {ROLES.map((one) => (
        <RadioGroup.Item
          key={one}
          value={one}
          className="rounded-lg border border-line-strong px-3.5 py-2.5 text-left data-[state=checked]:border-accent-ink data-[state=checked]:bg-accent-soft"
        >
          <span className="block text-sm font-medium capitalize">{one}</span>
          <span className="block text-[13px] text-ink-soft">{SAYS[one]}</span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

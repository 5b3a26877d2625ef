import { Field } from './field.tsx';

/** Asks for a name, letter by letter, before something that is hard to take back. */
export function TypedName(props: {
  readonly name: string;
  readonly typed: string;
  readonly onType: (text: string) => void;
}) {
  return (
    <Field
      label={
        <>
          Type <code className="rounded bg-sunken px-1 font-mono">{props.name}</code> to confirm
        </>
      }
    >
      {(control) => (
        <input
          {...control}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={props.typed}
          onChange={(event) => props.onType(event.target.value)}
        />
      )}
    </Field>
  );
}

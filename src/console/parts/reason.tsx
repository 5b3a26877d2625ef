import { Field } from './field.tsx';

/** Asks why something is done; it goes on record. */
export function Reason(props: {
  readonly hint: string;
  readonly reason: string;
  readonly onType: (text: string) => void;
}) {
  return (
    <Field label="Reason" hint={props.hint}>
      {(control) => (
        <input
          {...control}
          value={props.reason}
          maxLength={500}
          onChange={(event) => props.onType(event.target.value)}
        />
      )}
    </Field>
  );
}

export function renderErrors(errors: Readonly<Record<string, object>>): string;

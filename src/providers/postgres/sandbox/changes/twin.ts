import type { Reach } from '../../../../ports/provider.ts';
import type { Parts } from '../../parts.ts';
import { createClosed, findDatabase, setOpen, templateMissing } from '../database.ts';

/**
 * The copy of a template that comparisons read, made at the first of them: while somebody is connected to
 * the template itself nobody can clone it. It goes with the template.
 * @returns the name of its database
 */
export async function twinOf(parts: Parts, reach: Reach, template: string): Promise<string> {
  const twin = parts.names.twin(template);
  const there = await parts.connections.use(reach, (session) => findDatabase(session, twin));
  if (there?.open) return twin;
  await parts.clones.run(reach.resource.name, reach.signal, () =>
    parts.connections.use(reach, async (session) => {
      const facts = await findDatabase(session, template);
      if (!facts || facts.broken) throw templateMissing();
      await createClosed(session, twin, template, facts.size, reach.signal);
      await setOpen(session, twin, true);
    }),
  );
  return twin;
}

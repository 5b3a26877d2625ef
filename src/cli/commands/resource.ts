import type { Command } from 'commander';
import type { Probe, Resource } from '../../contract/schemas/operate.ts';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { asOperator } from '../connect.ts';
import { EXIT } from '../exit-code.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { withProgress } from '../progress.ts';

/** `resource list|probe|rotate-root` */
export function addResourceCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'resource', 'Registered databases and other downstream systems');
  addCommand<ListOptions>(group, cli, {
    name: 'list',
    summary: 'List resources of the active bundle',
    examples: ['resource list'],
    options: listOptions(),
    async run({ options, out, terminal }) {
      const page = await fetchList(await asOperator({ terminal, out }), 'listResources', options);
      const columns = [
        { title: 'RESOURCE', value: (resource: Resource) => resource.name, flexible: true },
        { title: 'KIND', value: (resource: Resource) => resource.kind },
        { title: 'ENVIRONMENT', value: environmentOf },
        { title: 'SECRET', value: (resource: Resource) => resource.secret, flexible: true },
        {
          title: 'SET',
          value: (resource: Resource) => (resource.secret_set ? 'yes' : 'no'),
          tint: (resource: Resource, text: string) =>
            resource.secret_set ? text : out.paint.yellow(text),
        },
        { title: 'SCOPES', value: scopeNames, flexible: true },
        { title: 'OWNER', value: (resource: Resource) => resource.owner, flexible: true },
      ];
      printList(
        out,
        page,
        columns,
        'No resources. They come with a bundle: countersign policy apply',
      );
    },
  });
  addProbe(group, cli);
  addRotateRoot(group, cli);
}

function addProbe(group: Command, cli: CliRun): void {
  addCommand<{ sql?: boolean }>(group, cli, {
    name: 'probe <resource>',
    summary: 'Check what a resource gives away and whether our login there fits',
    examples: ['resource probe orders-db', 'resource probe orders-db --sql > harden.sql'],
    notes: 'Exit code 1 when the resource cannot be reached or issuing is blocked.',
    options: [option('--sql', 'print only the statements that mend what was found')],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const params = { name: args[0] ?? '' };
      const probe = await withProgress(terminal, `probing ${params.name}`, () =>
        client.call('probeResource', { params }),
      );
      out.result(probe, () => (options.sql ? sqlOf(probe) : describe(out, probe)));
      const blocked = probe.findings.some(({ severity }) => severity === 'blocking');
      return probe.reachable && !blocked ? EXIT.done : EXIT.failed;
    },
  });
}

function addRotateRoot(group: Command, cli: CliRun): void {
  addCommand(group, cli, {
    name: 'rotate-root <resource>',
    summary: 'Give the root credential of a resource a new secret that nobody sees',
    examples: ['resource rotate-root orders-db'],
    notes:
      'Live leases go on. An interrupted rotation is finished by the broker, or by running this again.\nExit code 1 when the resource takes the old secret still.',
    async run({ args, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const params = { name: args[0] ?? '' };
      const rotated = await withProgress(terminal, `rotating ${params.name}`, () =>
        client.call('rotateRoot', { params }),
      );
      const { resource, secret, generation } = rotated;
      out.result(rotated, () => `${resource}: ${secret} is rotated (generation ${generation}).`);
      if (rotated.old_refused) return EXIT.done;
      out.note('The resource still takes the old secret: does it ask for a password at all?');
      return EXIT.failed;
    },
  });
}

function environmentOf(resource: Resource): string {
  return `${resource.environment}${resource.protected ? ' (protected)' : ''}`;
}

/** `read, write`: the resource stands in its own column. */
function scopeNames(resource: Resource): string {
  return resource.scopes.map((scope) => scope.split(':').at(-1)).join(', ');
}

function sqlOf(probe: Probe): string {
  const open = probe.findings.filter(({ accepted }) => !accepted);
  return open
    .flatMap(({ id, sql }) => (sql.length ? [`-- ${id}`, ...sql.map(ended)] : []))
    .join('\n');
}

function ended(statement: string): string {
  return statement.trimEnd().endsWith(';') ? statement : `${statement};`;
}

function describe(out: Output, probe: Probe): string {
  const { red, yellow, green, dim } = out.paint;
  if (!probe.reachable) {
    return [red(`${probe.resource} cannot be reached.`), ...findings()].join('\n');
  }
  const state = probe.hardened ? green('hardened') : yellow('not hardened');
  const version = probe.server_version ? ` (server ${probe.server_version})` : '';
  return [`${probe.resource}: ${state}${version}`, ...findings()].join('\n');

  function findings(): string[] {
    return probe.findings.flatMap(({ id, severity, message, accepted, sql }) => {
      const word = accepted
        ? dim('accepted')
        : { blocking: red, gap: yellow, advice: dim }[severity](severity);
      const mend = accepted ? [] : sql.map((line) => `    ${printable(ended(line))}`);
      return ['', `${word}  ${id}: ${printable(message)}`, ...mend];
    });
  }
}

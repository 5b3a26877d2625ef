import type { OperatorPrincipal } from '../domain/principal.ts';
import type { ChannelStanding } from '../ports/notices.ts';
import type { Broker } from './context.ts';

/** How the ways to reach people do. */
export function listChannels(broker: Broker): Promise<ChannelStanding[]> {
  return broker.outbox.standing(broker.channels);
}

/** Sends a notice that says nothing through every channel, so that an admin sees whether it arrives. */
export async function sendTestNotice(broker: Broker, operator: OperatorPrincipal): Promise<void> {
  await broker.outbox.add({
    id: broker.newId('notice'),
    kind: 'test',
    subject: operator.id,
    title: 'Countersign can reach you here',
    lines: ['An admin sent this to test the channel. There is nothing to do.'],
    path: '/console/settings',
    to: [],
  });
}

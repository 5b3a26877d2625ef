import { useEffect } from 'react';
import type { CallId } from '../../sdk/call-types.ts';
import { addressOf } from './call.ts';
import { readAgain } from './query.ts';

const GATHER_MS = 250;

/** What was read that an event of this kind may have made old. */
const TOUCHES: Readonly<Record<string, readonly CallId[]>> = {
  approval: ['listApprovals', 'getApproval', 'overview', 'taskStory'],
  stop: ['listStops', 'listAgents', 'getAgent', 'overview'],
  lease: ['listLeases', 'getLease', 'overview', 'taskStory'],
  task: ['listTasks', 'getTask', 'listGrants', 'listTokens', 'overview', 'taskStory'],
  policy: ['listBundles', 'listScopes', 'listResources', 'listAgents', 'listGroups', 'overview'],
};

/**
 * Follows the broker's events while the page is open: they say what kind of thing changed, and it is read
 * again. Events only hurry things: without them every page still asks from time to time.
 */
export function useLive(): void {
  useEffect(() => {
    const source = new EventSource(addressOf('/v1/events'));
    const old = new Set<CallId>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const operations = [...old];
      old.clear();
      void readAgain(...operations);
    };
    for (const [kind, operations] of Object.entries(TOUCHES)) {
      source.addEventListener(kind, () => {
        for (const operation of operations) old.add(operation);
        timer ??= setTimeout(flush, GATHER_MS);
      });
    }
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, []);
}

import { startBroker, type TestBroker } from './broker.ts';
import { sandboxBundle } from './sandbox-bundle.ts';
import { type SandboxServer, startSandboxServer } from './sandbox-server.ts';
import { createShop, type ShopDatabase } from './shop.ts';

/** A broker whose bundle hands out sandboxes, the shop they are copied from, and the server they are on. */
export interface SandboxScene {
  readonly broker: TestBroker;
  readonly shop: ShopDatabase;
  readonly sandboxes: SandboxServer;
  stop(): Promise<void>;
}

/** No root credential is set yet. @param major of the shop and of the sandboxes */
export async function openSandboxScene(major: 14 | 18 = 18): Promise<SandboxScene> {
  const [broker, shop, sandboxes] = await Promise.all([
    startBroker(),
    createShop(major),
    startSandboxServer(major),
  ]);
  await broker.apply(sandboxBundle());
  const stop = async () => {
    await broker.stop();
    await sandboxes.stop();
  };
  return { broker, shop, sandboxes, stop };
}

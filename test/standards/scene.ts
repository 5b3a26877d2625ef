import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { type JwksServer, sendingKeys, startJwksServer } from './jwks-server.ts';
import { PATIENT, type Party, partyOf, resourceServer } from './wire.ts';

/** A broker with the shop's bundle and an agent that asks. */
export interface Scene {
  readonly broker: TestBroker;
  readonly agent: Party;
  readonly issuer: string;
  /** Registers the service that the bundle's reports are for. */
  reports(): Promise<Party>;
  stop(): Promise<void>;
}

export async function openScene(config: { networkAllow?: string[] } = {}): Promise<Scene> {
  const broker = await startBroker({ overrides: PATIENT, config });
  await broker.apply(SHOP_BUNDLE);
  return {
    broker,
    agent: partyOf(await broker.agent()),
    issuer: broker.config.http.issuer,
    reports: () => resourceServer(broker, 'https://reports.example.com'),
    stop: () => broker.stop(),
  };
}

/** The same with a server beside it that answers with whatever key document a test gives it. */
export async function openSceneWithJwks(): Promise<Scene & { readonly jwks: JwksServer }> {
  const jwks = await startJwksServer(sendingKeys());
  const scene = await openScene({ networkAllow: [jwks.place] });
  const stop = async () => {
    await scene.stop();
    await jwks.stop();
  };
  return { ...scene, jwks, stop };
}

/** The same with another process of the broker beside it, and the service that the reports are for. */
export async function openSceneWithTwin(): Promise<
  Scene & { readonly twin: TestBroker; readonly server: Party }
> {
  const scene = await openScene();
  const twin = await scene.broker.twin(PATIENT);
  const stop = async () => {
    await twin.stop();
    await scene.stop();
  };
  return { ...scene, twin, server: await scene.reports(), stop };
}

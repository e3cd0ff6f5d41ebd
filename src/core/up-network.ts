// The network of a desktop that comes up: which one it goes on, and making it.
import type { Desktops } from './desktops.ts';
import type { CallOptions, Engine, NetworkInfo } from './engine.ts';
import { LABEL, ownershipLabels } from './labels.ts';
import { networkFor } from './up-plan.ts';
import type { UpObservation, UpQuestion } from './up-question.ts';

/** What networks keep apart here, and the one that the client's desktop goes on. `shared` is what was found under the name of the setting. */
export async function lookAtNetwork({ networks }: Engine, question: UpQuestion, shared: NetworkInfo | undefined, options?: CallOptions): Promise<Pick<UpObservation, 'isolation' | 'network'>> {
  // A shared network that keeps its members apart tells all: the engine is asked what it can only where there is none.
  const isolation = shared?.isolates === 'members' ? 'members' : await networks.isolation(options);
  return { isolation, network: isolation === 'members' ? shared : await networks.find(networkFor(question, isolation), options) };
}

/** Makes a network unless somebody has made it meanwhile; returns whether it did. `clientKey` is whose alone it is; undefined for the one that all share. */
export async function createNetwork({ engine, store, installation }: Desktops, name: string, clientKey: string | undefined, signal: AbortSignal): Promise<boolean> {
  const { instance, subnet } = installation;
  const labels = { ...ownershipLabels(instance), ...(clientKey === undefined ? {} : { [LABEL.client]: clientKey }) };
  // Under the store's lock, because engines take two networks of one name when they are asked at the same moment.
  return store.update(async () => {
    if (await engine.networks.find(name, { signal })) return { result: false };
    await engine.networks.create({ name, labels, ...(subnet ? { subnet } : {}) }, { signal });
    return { result: true };
  });
}

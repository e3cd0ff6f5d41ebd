// What the plan of an `up` is made of: what was asked, and what was found. The plan itself: up-plan.ts.
import type { ReadyStage } from './catalog.ts';
import type { Door } from './desktop-address.ts';
import type { ContainerDetails, ContainerId, ContainerSummary, ImageInfo, NetworkInfo, NetworkIsolation } from './engine.ts';
import type { Naming } from './identity.ts';
import type { LeaseChanges } from './lease.ts';
import type { PoolFacts } from './pool-key.ts';
import type { DesktopSpec, DesktopWishes } from './spec.ts';
import type { StoreState } from './store.ts';

/** What `up` looked at, all at one moment. */
export interface UpObservation {
  /** Whatever holds the client's container name. */
  container: ContainerDetails | undefined;
  /** When nothing holds that name: all containers of the instance. One may be this client's all the same, others wait in the pool. */
  others: readonly ContainerSummary[];
  image: ImageInfo | undefined;
  /** What networks keep apart here, and so which one the client's desktop goes on: see `networkFor`. */
  isolation: NetworkIsolation;
  /** That network, if it is there. */
  network: NetworkInfo | undefined;
  state: StoreState;
  now: Date;
}

export interface UpQuestion {
  name: string;
  /** What stands for the client in that name and in labels. */
  clientKey: string;
  /** What may stand for the client where names were given in another way. */
  otherKey?: string | undefined;
  /** The name that the desktop would have by another naming; absent where no other can have been in use here. */
  otherName?: string | undefined;
  instance: string;
  prefix: string;
  naming: Naming;
  endpoint: string;
  /** How the client is called in messages. */
  client: string;
  spec: DesktopSpec;
  subnet: string;
  wishes: DesktopWishes;
  askedImage: boolean;
  recreate: boolean;
  /** Why, in words, where nobody asked for it. */
  recreateCause?: string;
  /** The container of another system, under the client's name, that gives its place to the new desktop. */
  inPlaceOf?: ContainerId | undefined;
  /** The container whose replacement was found to be unended. */
  leftOver?: ContainerId | undefined;
  /** This run has put right what was left of one. */
  mended?: true;
  /** Of a new desktop; one that is there keeps its own. */
  door: Door;
  /** Lengths of its lease that were asked for. */
  lease: LeaseChanges;
  stage: ReadyStage;
  /** The address that ports are published on. */
  bindAddress: string;
  pool: PoolQuestion;
  isAlive: (pid: number) => boolean;
}

/** What the plan is asked about the pool. */
export interface PoolQuestion {
  /** How many warm ones of the image are wanted. */
  wanted: number;
  facts: Omit<PoolFacts, 'imageId' | 'publishedOn'>;
  /** How often the pool may still be tried: warm ones can be taken by others, or turn out to be broken. */
  passesLeft: number;
}

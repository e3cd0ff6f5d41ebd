// Desktops of the tiny image for the tests of the daemon: made, asked about, and looked at behind vncctl's back.
import { expect } from 'vitest';
import type { Finished, Installation } from './cli.ts';
import type { RawContainer } from './engine-api.ts';
import { comesTrue } from './eventually.ts';

export interface MadeDesktop {
  /** What the log calls it. */
  id: string;
  client: string;
  container: string;
  /** In the desktops' network. */
  address: string;
  hostPort: number;
  /** Of its link. */
  secret: string | undefined;
}

/** One clock of `why --json`. */
export interface ToldClock {
  clock: string;
  action: string;
  state: string;
  reason: string | null;
  movedBy: string | null;
  dueAt: string | null;
}

export interface Told {
  status: string;
  viewers: number | null;
  watched: boolean;
  keptUntil: string | null;
  clocks: ToldClock[];
  next: { do: string; at: string; clock: string; cause: string; removeAt?: string } | null;
  removal: { at: string; clock: string; cause: string } | null;
}

export interface DaemonDesktops {
  /** `up`, of the tiny image unless the arguments name another. */
  make(client: string, ...args: string[]): Promise<MadeDesktop>;
  why(desktop: MadeDesktop): Promise<Told>;
  /** The clock that removes what nobody looks at. */
  idleClock(desktop: MadeDesktop): Promise<ToldClock | undefined>;
  /** As the engine has it: `running`, `paused`, `exited`; undefined when it is gone. */
  engineState(desktop: MadeDesktop): Promise<string | undefined>;
  /** Waits until engine and store know nothing of it any more. */
  isGone(desktop: MadeDesktop): Promise<void>;
}

/** For one installation. */
export function daemonDesktops(installation: Installation): DaemonDesktops {
  const { vncctl, up, network } = installation;
  const find = async (id: string): Promise<RawContainer | undefined> => (await installation.containers()).find(({ Labels }) => Labels['io.vncctl.desktop'] === id);
  const why: DaemonDesktops['why'] = async ({ client }) => JSON.parse((await succeeds(vncctl('why', client, '--json'))).stdout) as Told;
  const engineState: DaemonDesktops['engineState'] = async ({ id }) => (await find(id))?.State;
  return {
    async make(client, ...args) {
      const command = args.includes('--image') ? vncctl('up', client, ...args, '--json') : up(client, ...args, '--json');
      const { id, hostPort, url } = JSON.parse((await succeeds(command)).stdout) as { id: string; hostPort: number; url: string };
      const container = await find(id);
      const address = container?.NetworkSettings.Networks[network]?.IPAddress;
      if (!container || address === undefined) throw new Error('the desktop that was made has no address');
      return { id, client, container: container.Id, address, hostPort, secret: new URLSearchParams(new URL(url).hash.slice(1)).get('key') ?? undefined };
    },
    why,
    idleClock: async (desktop) => (await why(desktop)).clocks.find(({ clock, action }) => clock === 'no-client' && action === 'remove'),
    engineState,
    isGone: (desktop) => comesTrue('nothing is left of it', async () => (await engineState(desktop)) === undefined && !(desktop.id in installation.state().allocations)),
  };
}

/** Fails with what the command said. */
export async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}

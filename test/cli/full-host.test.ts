// A host whose memory is taken by real desktops, each command a process of its own: who gets room as it comes free, in which order, what
// gives way first, and that nobody gets more than there is.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { hostMemory } from '../../src/engine/host-memory.ts';
import { clientNumber, testInstallation } from '../support/cli.ts';
import { succeeds } from '../support/daemon-desktops.ts';
import { comesTrue } from '../support/eventually.ts';
import { ensureHungryImage, HUNGRY_BYTES, HUNGRY_ENTRY } from '../support/tiny-image.ts';

const installation = await testInstallation({ ports: 12 });
const { vncctl, start } = installation;

const HUNGRY = 'hungry';
/** The same image under another key: what waits in its pool is for nobody who asks for a hungry one. */
const POOLED = 'hungry-pooled';
const [ANA, BOB] = [clientNumber(1), clientNumber(2)];

beforeAll(async () => {
  await ensureHungryImage();
  for (const key of [HUNGRY, POOLED]) writeFileSync(join(installation.home, 'config/catalog', `${key}.yaml`), HUNGRY_ENTRY);
});

/** From now on so many more fit, and a good half of one: what else runs only takes of it. */
async function leaveRoomFor(count: number): Promise<void> {
  const free = (await hostMemory.availableBytes()) ?? 0;
  await succeeds(vncctl('config', 'set', 'reserveMemory', `${Math.round((free - (count + 0.6) * HUNGRY_BYTES) / 1024 ** 2)}m`));
}

const up = (client: string, ...args: string[]) => start('up', client, '--image', HUNGRY, '--json', ...args);
const idOf = (stdout: string): string => (JSON.parse(stdout) as { id: string }).id;
const queue = (): string[] => (installation.state().queue ?? []).map(({ desktop }) => desktop);
const pooled = async (): Promise<number> => (await installation.containers()).filter(({ Names }) => /pool_/.test(Names[0] ?? '')).length;

test('on a full host several at once are served first come, first served, warm ones give way first, and the last is told when its time is over', async () => {
  await succeeds(vncctl('config', 'set', 'pool', `${POOLED}=1`));
  await succeeds(vncctl('pool', 'fill'));
  await leaveRoomFor(2);
  for (const client of [ANA, BOB]) await succeeds(up(client).finished);
  const foreseen = await succeeds(vncctl('up', clientNumber(3), '--image', HUNGRY, '--dry-run'));
  expect(foreseen.stdout).toMatch(/^remove warm desktops that give way: too little memory for another desktop: it needs 3g; /);

  const waiting = [3, 4, 5, 6].map((n) => up(clientNumber(n), '--queue', '45s'));
  const served: string[] = [];
  for (const { finished } of waiting) void finished.then(({ exitCode, stdout }) => void (exitCode === 0 && served.push(idOf(stdout))));
  await comesTrue('the first is served', () => served.length === 1);
  expect(await pooled()).toBe(0);
  await comesTrue('the others wait', () => queue().length === 3);
  const [second, third, last] = queue();

  // Whoever comes later without waiting gets nothing, and neither does the pool.
  expect(await up(clientNumber(7)).finished).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('"NO_MEMORY"') as string });
  await succeeds(vncctl('pool', 'fill'));
  expect(await pooled()).toBe(0);
  const refused = await succeeds(vncctl('up', clientNumber(7), '--image', HUNGRY, '--dry-run'));
  expect(refused.stdout).toMatch(/^be refused with NO_MEMORY, unless there is room by then: too little memory /);

  await succeeds(vncctl('rm', ANA));
  await comesTrue('the second is served', () => served.length === 2);
  expect(queue()).toEqual([third, last]);
  await succeeds(vncctl('rm', BOB));
  await comesTrue('the third is served', () => served.length === 3);
  expect(served.slice(1)).toEqual([second, third]);

  const ended = await Promise.all(waiting.map(({ finished }) => finished));
  expect(ended.map(({ exitCode }) => exitCode).sort()).toEqual([0, 0, 0, 5]);
  expect(ended.find(({ exitCode }) => exitCode === 5)?.stderr).toContain('"NO_MEMORY"');
  expect(queue()).toEqual([]);
  expect(await installation.containers()).toHaveLength(3);
});

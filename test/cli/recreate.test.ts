// `up --recreate` on a real engine: killed, interrupted or cut off from the engine at each step that changes something, it costs nobody
// the desktop they have. There is one at every moment after, under the client's name, and the next `up` leaves it alone there.
import { describe, expect, test } from 'vitest';
import { type Finished, proxiedInstallation } from '../support/cli.ts';
import type { Catch } from '../support/engine-proxy.ts';

const CLIENT = '111.222.333-44';

/** What changes something on the way, in its order. */
const STEPS: [string, Omit<Catch, 'stop'>][] = [
  ['the creation of the new one', { method: 'POST', path: /^\/containers\/create/ }],
  ['its start', { method: 'POST', path: /^\/containers\/[^/]+\/start/ }],
  ['the wait for its screen', { method: 'POST', path: /^\/containers\/[^/]+\/wait/ }],
  ['the renaming of the old one', { method: 'POST', path: /^\/containers\/[^/]+\/rename/ }],
  ['the renaming of the new one', { method: 'POST', path: /^\/containers\/[^/]+\/rename/, skip: 1 }],
  ['the end of the old one', { method: 'POST', path: /^\/containers\/[^/]+\/stop/ }],
  ['the removal of the old one', { method: 'DELETE', path: /^\/containers\// }],
];
const MOMENTS = STEPS.flatMap(([name, step]) => (['request', 'answer'] as const).filter((stop) => stop === 'request' || !step.path.source.includes('wait')).map((stop) => [stop === 'request' ? 'before' : 'after', name, { ...step, stop }] as const));

// With one port the old one has to end before the new one starts.
describe.each([
  ['beside the old one', 5],
  ['with one port for both', 1],
])('a new one made %s', async (_, ports) => {
  const installation = await proxiedInstallation({ ports });
  const { up, startUp, vncctl, proxy } = installation;

  const succeeds = async (command: Promise<Finished>): Promise<Finished> => {
    const finished = await command;
    expect(finished.exitCode, finished.stderr).toBe(0);
    return finished;
  };
  const hasOne = async (): Promise<void> => {
    const rows = JSON.parse((await succeeds(vncctl('ls', '--json'))).stdout) as { client: string }[];
    expect(rows).toMatchObject([{ client: '11122233344' }]);
    await succeeds(up(CLIENT));
    const container = await installation.onlyContainer();
    expect(container).toMatchObject({ State: 'running', Names: [`/${installation.instance === 'default' ? 'vnc_' : `vnc_${installation.instance}.`}11122233344`] });
    expect(JSON.stringify(installation.state())).not.toMatch(/replacing|removing/);
    expect(Object.keys(installation.state().allocations)).toHaveLength(1);
  };

  test('takes its name, and nothing of the old one is left', async () => {
    await succeeds(up(CLIENT));
    const before = await installation.onlyContainer();
    await succeeds(up(CLIENT, '--recreate'));
    expect((await installation.onlyContainer()).Id).not.toBe(before.Id);
    await hasOne();
  });

  test.each(MOMENTS)('killed %s %s, there is one desktop, which the next up hands out', async (_when, _what, moment) => {
    await succeeds(up(CLIENT));
    const caught = proxy.hold(moment);
    const running = startUp(CLIENT, '--recreate');
    await Promise.race([caught.held, running.finished]);
    running.child.kill('SIGKILL');
    await running.finished;
    proxy.reset();
    await hasOne();
  });

  if (ports === 1) return;

  test.each(MOMENTS.filter(([when]) => when === 'before'))('interrupted %s %s, there is one desktop at once', async (_when, _what, moment) => {
    await succeeds(up(CLIENT));
    const caught = proxy.hold(moment);
    const running = startUp(CLIENT, '--recreate');
    await caught.held;
    running.child.kill('SIGINT');
    caught.release();
    await running.finished;
    expect((await installation.onlyContainer()).State).toBe('running');
    await hasOne();
  });

  test.each(MOMENTS.filter(([when]) => when === 'before'))('with an engine that goes away %s %s, there is one desktop when it is back', async (_when, _what, moment) => {
    await succeeds(up(CLIENT));
    const caught = proxy.hold(moment);
    const running = startUp(CLIENT, '--recreate');
    await caught.held;
    proxy.cut();
    expect((await running.finished).exitCode).toBe(6);
    await proxy.mend();
    await hasOne();
  });

  test.each([['--cpus', '900'], ['--memory', '1k']])('%s %s is refused, and the desktop that is there is left alone', async (...flags) => {
    await succeeds(up(CLIENT));
    const before = await installation.onlyContainer();
    expect(await up(CLIENT, '--recreate', ...flags)).toMatchObject({ exitCode: 2 });
    expect(await installation.onlyContainer()).toMatchObject({ Id: before.Id, State: 'running' });
  });

  test('two at once make one desktop', async () => {
    await succeeds(up(CLIENT));
    for (const command of [startUp(CLIENT, '--recreate'), startUp(CLIENT, '--recreate'), startUp(CLIENT)].map(({ finished }) => finished)) await succeeds(command);
    await hasOne();
  });
});

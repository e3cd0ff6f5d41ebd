// Leases on a real engine: what `up` asks for is in the container, changed without a new one, and a desktop that nobody looks at
// ends by itself.
import { expect, test } from 'vitest';
import { type Finished, testInstallation } from '../support/cli.ts';

const installation = await testInstallation();
const { vncctl, api } = installation;

const CLIENT = '111.222.333-44';
const statuses = async (): Promise<string> => (await succeeds(vncctl('ls', '--format', '{{.Status}}'))).stdout;

test("the screen's own end follows the lease, which a later up changes on the desktop that is there", async () => {
  const created = await succeeds(vncctl('up', CLIENT, '--wait', 'rfb', '--remove-after', '16h', '--json'));
  expect(JSON.parse(created.stdout)).toMatchObject({ outcome: 'created', lease: { idle: { length: '15m', from: 'default' }, removeAfter: { length: '16h', from: 'up' } } });
  const container = await installation.onlyContainer();
  expect(container.Labels['io.vncctl.lease']).toBe('removeAfter=16h');
  expect(await screenArguments(container.Id)).toContain('-MaxDisconnectionTime 172800 ');

  const changed = await succeeds(vncctl('up', CLIENT, '--wait', 'rfb', '--remove-after', '4h', '--idle', 'never'));
  expect(changed.stderr).toContain('note: its lease is now idle never, remove-after 4h\n');
  expect((await installation.onlyContainer()).Id).toBe(container.Id);

  const kept = await succeeds(vncctl('touch', CLIENT, '--for', '40h'));
  expect(kept.stderr).toMatch(/counts as used now, kept until .* \(in 1d16h\)\n$/);
  expect(kept.stderr).not.toContain('note:');
  const tooLong = await vncctl('touch', CLIENT, '--for', '49h');
  expect(tooLong.exitCode).toBe(2);
  expect(tooLong.stderr).toContain('--for 2d ');
  const [allocation] = Object.values(installation.state().allocations);
  expect(allocation).toMatchObject({ lease: { idle: 'never', removeAfter: 4 * 3_600_000 }, keptUntil: expect.any(String), touchedAt: expect.any(String) });
});

test('a desktop that nobody looks at ends by itself, is shown as stopped, and comes back', async () => {
  await succeeds(vncctl('up', CLIENT, '--wait', 'rfb', '-e', 'VNC_IDLE_EXIT=2'));
  const { Id } = await installation.onlyContainer();
  expect(await screenArguments(Id)).toContain('-MaxDisconnectionTime 2 ');
  expect(await api.call('POST', `/containers/${Id}/wait`)).toMatchObject({ StatusCode: 0 });
  expect(await statuses()).toBe('stopped\n');
  expect(JSON.parse((await succeeds(vncctl('up', CLIENT, '--wait', 'rfb', '--json'))).stdout)).toMatchObject({ outcome: 'started' });
});

async function screenArguments(id: string): Promise<string> {
  const { Processes } = await api.call<{ Processes: string[][] }>('GET', `/containers/${id}/top?ps_args=${encodeURIComponent('-o pid,args')}`);
  return Processes.map((fields) => fields.at(-1) ?? '').find((line) => line.startsWith('Xvnc')) ?? '';
}

async function succeeds(command: Promise<Finished>): Promise<Finished> {
  const finished = await command;
  expect(finished.exitCode, finished.stderr).toBe(0);
  return finished;
}

// What a program in a desktop reaches of the host it runs on, and of the other desktops.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownInstallation, runInContainer } from '../support/own-installation.ts';

const metadata = `meta${process.pid}`;
const METADATA = '169.254.169.254';
const CLOSED = { VNCCTL_HOST_ACCESS: 'off' };
const closed = ownInstallation(CLOSED);
const open = ownInstallation();
const program = promisify(execFile);

const connect = (address: string, port: number): string[] => [
  'perl',
  '-MSocket',
  '-e',
  'alarm 3; $SIG{ALRM} = sub { print "silent"; exit }; socket(S, PF_INET, SOCK_STREAM, 0); print connect(S, sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) ? "reached" : "refused: $!"',
  address,
  String(port),
];

const host = createServer((socket) => socket.destroy());
let port = 0;

beforeAll(async () => {
  host.listen(0, '0.0.0.0');
  await once(host, 'listening');
  port = (host.address() as AddressInfo).port;
  // Stands for a cloud's metadata service, on the host and so within its reach.
  await program('ip', ['link', 'add', 'name', metadata, 'type', 'bridge']);
  await program('ip', ['addr', 'add', `${METADATA}/32`, 'dev', metadata]);
  await program('ip', ['link', 'set', 'dev', metadata, 'up']);
});

afterAll(async () => {
  host.close();
  await program('ip', ['link', 'delete', 'dev', metadata]);
});

test('a desktop reaches no service of its host, no metadata address and no neighbour, and is reached all the same; the rules go with its network', async () => {
  const { container: name } = await closed.up('111.444.777-35', '--direct', '--json');
  const { container: other } = await closed.up('529.982.247-25', '--direct', '--json');
  const container = closed.container(name);
  const networks = Object.values((await closed.container(other).inspect()).NetworkSettings.Networks);
  const targets = [
    [await closed.hostAddress(), port],
    [METADATA, port],
    [networks[0]?.IPAddress ?? '', 6080],
  ] as const;
  for (const [address, target] of targets) expect(await runInContainer(container, ...connect(address, target)), address).toMatch(/^(refused|silent)/);
  // By the link that a person has, through the published port.
  const { url } = await closed.up('111.444.777-35', '--json');
  expect((await fetch(url)).status).toBe(200);
  const doctor = await closed.vncctl('doctor');
  expect(doctor.stdout).toMatch(/^ok +host access +desktops reach no service of this host/m);

  expect((await program('iptables-save')).stdout).toContain(`vncctl-${closed.instance}`);
  const outcome = await closed.vncctl('rm', '--all', '--yes');
  expect(outcome.stderr).not.toContain('error');
  const rules = (await program('iptables-save')).stdout;
  expect(rules).not.toContain(`vncctl-${closed.instance}`);
  expect(rules).not.toMatch(/^:vncctl-br/m);
});

test('where the host is left open, doctor says what a desktop reaches, and by which rules it would not', async () => {
  const { container: name } = await open.up('111.444.777-35', '--direct', '--json');
  expect(await runInContainer(open.container(name), ...connect(await open.hostAddress(), port))).toBe('reached');
  const { stdout } = await open.vncctl('doctor');
  expect(stdout).toMatch(/^warning +host access +desktops reach services of this host that listen on all addresses/m);
  expect(stdout).toMatch(/iptables -I INPUT -s [\d.]+\/\d+ .* iptables -I DOCKER-USER/);
});

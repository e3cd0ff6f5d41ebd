// `vncctl daemon` as a process: one an instance, its log where it goes, its settings read anew, its door; and one look without it.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { shell, testInstallation } from '../support/cli.ts';
import { daemonDesktops, succeeds } from '../support/daemon-desktops.ts';
import { daemonsOf, namesNobody } from '../support/daemons.ts';

const ONE = '11122233344';
const TWO = '22233344455';
const CLOCKS = { VNCCTL_LISTEN: 'off', VNCCTL_SWEEP_INTERVAL: '1s', VNCCTL_WARN_BEFORE: '1s', VNCCTL_REMOVE_AFTER: '2s' };
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

const installation = await testInstallation({ env: CLOCKS });
const other = await testInstallation({ env: CLOCKS });
const { vncctl, vncctlWith, home, api } = installation;
const daemons = daemonsOf(installation, [ONE, TWO]);
const { make, engineState, isGone } = daemonDesktops(installation);
const settingsFile = join(home, 'config/config.json');

test('one daemon runs an instance: a second is told who runs, and can start when the first has ended', async () => {
  const first = await daemons.watching();
  const second = await vncctl('daemon');
  expect(second.exitCode).toBe(4);
  expect(second.stderr).toContain(`process ${first.pid}`);
  expect(second.stderr).toContain('hint: ');
  expect((await first.stop()).exitCode).toBe(0);
  const third = await daemons.watching();
  expect((await third.stop()).exitCode).toBe(0);
});

test('it answers the command line on its socket, also where it listens on no port, and again after kill -9', async () => {
  const socket = join(dirname(installation.stateFile), 'daemon.sock');
  const first = await daemons.watching();
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  expect(await vncctl('viewers', '--json')).toMatchObject({ exitCode: 0, stdout: '[]\n' });
  await first.kill();
  expect(existsSync(socket)).toBe(true);
  expect(await vncctl('viewers')).toMatchObject({ exitCode: 4, stdout: '' });
  const second = await daemons.watching();
  expect(await vncctl('viewers', '-q')).toMatchObject({ exitCode: 0, stdout: '' });
  expect((await second.stop()).exitCode).toBe(0);
  expect(existsSync(socket)).toBe(false);
});

test('a home that lies too deep for a socket has it elsewhere, and the command line finds it there', async () => {
  const deep = { VNCCTL_HOME: join(home, 'deep/'.repeat(20)), XDG_RUNTIME_DIR: '' };
  const daemon = await daemons.watching(deep);
  expect(await vncctlWith(deep, 'viewers', '--json')).toMatchObject({ exitCode: 0, stdout: '[]\n' });
  const { socket } = JSON.parse(readFileSync(join(deep.VNCCTL_HOME, 'state', installation.instance, 'daemon.json'), 'utf8')) as { socket: string };
  expect(socket).toMatch(/^\/tmp\/vncctl-[0-9a-f]{16}\/daemon\.sock$/);
  expect((await daemon.stop()).exitCode).toBe(0);
  rmSync(dirname(socket), { recursive: true });
});

test("another instance's desktop and a foreign container with a like name are left alone", async () => {
  const daemon = await daemons.watching();
  const others = await daemonDesktops(other).make(ONE);
  const name = `vnc_${installation.instance}.${TWO}`;
  const { Id } = await api.call<{ Id: string }>('POST', `/containers/create?name=${name}`, { Image: 'vncctl/test-screen:latest' });
  try {
    await api.call('POST', `/containers/${Id}/start`);
    const own = await make(ONE);
    await daemon.line({ event: 'removed', desktop: own.id });
    await isGone(own);
    expect(await api.call('GET', `/containers/${Id}/json`)).toMatchObject({ Name: `/${name}`, State: { Running: true } });
    expect((await other.onlyContainer()).State).toBe('running');
    expect(new Set(daemon.lines().flatMap(({ desktop }) => desktop ?? []))).toEqual(new Set([own.id]));
    expect(others.id).not.toBe(own.id);
  } finally {
    await api.call('DELETE', `/containers/${Id}?force=1`);
  }
});

test('the log is plain with RFC 3339 times in a pipe and a file, and one JSON object a line when asked for', async () => {
  await make(ONE);
  const text = async (variables: string): Promise<string> => {
    const log = join(home, 'daemon.log');
    await shell(`rm -f ${log}; ${variables} node "$VNCCTL" daemon 2> ${log} & until grep -q event=removed ${log}; do sleep 0.1; done; kill $!; wait $!`, installation);
    return readFileSync(log, 'utf8');
  };
  const plain = (await text('')).trimEnd().split('\n');
  expect(plain.every((line) => RFC_3339.test(line))).toBe(true);
  expect(plain.filter((line) => line.includes('event=removed'))).toEqual([expect.stringMatching(/ removed a desktop event=removed desktop=\w+ cause="no viewer for 2s" image=tiny$/)]);
  expect(plain.join('')).not.toContain('\u001b');
  namesNobody(plain.join('\n'), [ONE]);

  const json = daemons.start();
  await json.line({ message: /^watching/ });
  await json.stop();
  for (const line of json.lines()) expect(line).toMatchObject({ time: expect.stringMatching(/Z$/), level: expect.any(String), message: expect.any(String) });
});

test('in the journal of systemd lines have a priority and no time, but only where the journal reads the very stream', async () => {
  await make(ONE);
  const log = join(home, 'journal.log');
  const started = `rm -f ${log}; : > ${log}; JOURNAL_STREAM=$(stat -c %d:%i ${log}) node "$VNCCTL" daemon 2>> ${log} & until grep -q event=removed ${log}; do sleep 0.1; done; kill $!; wait $!`;
  await shell(started, installation);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.every((line) => /^<[346]>\S/.test(line))).toBe(true);
  expect(lines.some((line) => line.startsWith('<6>removed a desktop event=removed '))).toBe(true);

  const inherited = installation.startWith({ JOURNAL_STREAM: '9:12345' }, 'daemon', '--once');
  expect((await inherited.finished).exitCode).toBe(0);
  const elsewhere = await shell('JOURNAL_STREAM=9:12345 timeout 3 node "$VNCCTL" daemon; true', installation);
  expect(elsewhere.stderr).toMatch(RFC_3339);
});

test('SIGHUP reads the settings anew: the new lease counts, the log tells what changed, and wrong settings leave the old ones', async () => {
  const env = { VNCCTL_REMOVE_AFTER: '' };
  writeFileSync(settingsFile, JSON.stringify({ removeAfter: '5h' }));
  try {
    const daemon = await daemons.watching(env);
    const kept = await make(TWO, '--remove-after', '7h');
    const { id } = JSON.parse((await succeeds(vncctlWith(env, 'up', ONE, '--image', 'tiny', '--json'))).stdout) as { id: string };
    writeFileSync(settingsFile, JSON.stringify({ removeAfter: 'tomorrow' }));
    daemon.child.kill('SIGHUP');
    expect(await daemon.line({ level: 'error' })).toMatchObject({ message: 'the new settings can not be used; the old ones stay', reason: expect.stringContaining('tomorrow') });
    expect(daemon.child.exitCode).toBeNull();

    writeFileSync(settingsFile, JSON.stringify({ removeAfter: '3s' }));
    daemon.child.kill('SIGHUP');
    const changed = await daemon.line({ message: /^setting removeAfter changed/ });
    expect(changed).toMatchObject({ message: 'setting removeAfter changed, from now on', before: '5h', now: '3s', from: settingsFile });
    expect(await daemon.line({ event: 'removed', desktop: id })).toMatchObject({ cause: 'no viewer for 3s' });
    // An address may hold a secret.
    writeFileSync(settingsFile, JSON.stringify({ removeAfter: '3s', hook: 'http://127.0.0.1:9/?token=of-the-hook' }));
    daemon.child.kill('SIGHUP');
    await daemon.line({ message: /^setting hook changed/ });
    expect(daemon.stderr()).not.toContain('of-the-hook');
    expect(await engineState(kept)).toBe('running');
  } finally {
    writeFileSync(settingsFile, '{}');
  }
});

test('a daemon that is started with wrong settings ends with exit code 78, which no service manager tries again', async () => {
  writeFileSync(settingsFile, JSON.stringify({ sweepInterval: 'often' }));
  try {
    const { exitCode, stderr } = await vncctlWith({ VNCCTL_SWEEP_INTERVAL: '' }, 'daemon');
    expect(exitCode).toBe(78);
    expect(stderr).toContain('sweepInterval');
    expect(stderr).toContain('hint: ');
  } finally {
    writeFileSync(settingsFile, '{}');
  }
});

test('looking once announces and then removes what a daemon would, and a dry run only says so', async () => {
  const desktop = await make(ONE, '--ttl', '1s', '--remove-after', 'never');
  // Its time is over by now: making it took longer, or the look does.
  const dry = async (): Promise<string> => (await succeeds(vncctl('reap', '--dry-run'))).stdout;
  let planned = await dry();
  while (planned === '') planned = await dry();
  expect(planned).toMatch(/^warn 111\.222\.333-44: its time to live of 1s is over, to be removed at /);
  expect(installation.state().allocations[desktop.id]).not.toHaveProperty('warned');
  expect(daemons.journal()).toEqual([]);

  expect((await succeeds(vncctl('daemon', '--once'))).stdout).toMatch(/^warn 111\.222\.333-44: /);
  let removed = '';
  while (removed === '') removed = (await succeeds(vncctl('reap', '--json'))).stdout.replace(/^\[\]\n$/, '');
  expect(JSON.parse(removed)).toEqual([expect.objectContaining({ do: 'remove', id: desktop.id, clock: 'ttl', result: 'done' })]);
  await isGone(desktop);
  expect(daemons.journal().map(({ event, cause }) => [event, cause])).toEqual([
    ['warned', 'its time to live of 1s is over'],
    ['removed', 'its time to live of 1s is over'],
  ]);
});

test('the door tells whether the daemon lives and whether it watches', async () => {
  const daemon = daemons.start({}, '--listen', '127.0.0.1:0');
  const { message } = await daemon.line({ message: /^answering at / });
  const address = message.replace(/^answering at /, 'http://');
  await daemon.line({ message: /^watching/ });
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  expect((await fetch(`${address}/nothing`)).status).toBe(404);
  const taken = await vncctlWith({ VNCCTL_INSTANCE: `${installation.instance}-2` }, 'daemon', '--listen', new URL(address).host);
  expect(taken.exitCode).not.toBe(0);
  expect(taken.stderr).toContain('hint: ');
  expect(existsSync(join(home, 'state', `${installation.instance}-2`, 'daemon.json'))).toBe(false);
  expect((await daemon.stop()).exitCode).toBe(0);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
});

test('a certificate without its key, or one that is none, keeps the daemon from starting with exit code 78', async () => {
  const file = join(home, 'no-certificate.pem');
  writeFileSync(file, 'nothing');
  for (const [flags, words] of [[['--tls-cert', file], 'tlsKey is not'], [['--tls-cert', 'no-certificate.pem', '--tls-key', file], `${file} and ${file} are no certificate and its key`]] as const) {
    const { exitCode, stderr } = await vncctl('daemon', '--listen', '127.0.0.1:0', ...flags);
    expect(exitCode).toBe(78);
    expect(stderr).toContain(words);
    expect(stderr).toContain('hint: ');
  }
});

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type FakeServices, fakeServices, type FakeServicesOptions } from '../../support/fake-services.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

interface Machine extends TestProgram, Pick<FakeServices, 'files' | 'log' | 'folders' | 'failing'> {
  /** Lines of an installed unit. */
  unit(path: string): string[];
}

/** A program on a machine with systemd. Its engine comes from its settings, and nothing from the shell, unless a test says so. */
function machine(options: FakeServicesOptions = {}, settings: Record<string, unknown> = {}): Machine {
  const services = fakeServices(options);
  const program = createTestProgram({ services: { ...services.parts, self: { name: 'alice', uid: options.uid ?? 0, home: '/home/alice' } } });
  mkdirSync(join(program.home, 'config'), { recursive: true });
  writeFileSync(join(program.home, 'config/config.json'), JSON.stringify({ engine: 'unix:///run/docker.sock', ...settings }));
  return {
    ...program,
    ...services,
    run: (argv, run = {}) => program.run(argv, { ...run, env: { DOCKER_HOST: '', ...run.env } }),
    unit: (path) => services.files.get(path)?.split('\n') ?? [],
  };
}

const INSTALL = ['daemon', 'install'];
const SERVICE = '/system/vncctl.service';
const SOCKET = '/system/vncctl.socket';

test('root installs for the system: both units are written, enabled and started', async () => {
  const { run, unit, log, home } = machine();
  expect(await run(INSTALL)).toMatchObject({ code: 0, err: '', out: `vncctl.service runs as alice: installed and started\n  ${SERVICE}\n  ${SOCKET}\n` });
  expect(log).toEqual([`write ${SERVICE}`, `write ${SOCKET}`, 'systemctl daemon-reload', 'systemctl enable --now vncctl.service vncctl.socket']);
  expect(unit(SERVICE)).toEqual(expect.arrayContaining(['User=alice', `Environment=VNCCTL_HOME=${home}`, 'Wants=docker.service', 'Wants=vncctl.socket', 'WantedBy=multi-user.target']));
  expect(unit(SERVICE).find((line) => line.startsWith('ExecStart='))).toMatch(/^ExecStart=\/\S+ \/\S+\/bin\/vncctl\.js daemon --instance default$/);
  expect(unit(SOCKET)).toContain('ListenStream=127.0.0.1:8080');
});

test('who is not root installs for themselves, without what only the system can do', async () => {
  const { run, unit, log } = machine({ uid: 1000 });
  const { code, err } = await run(INSTALL);
  expect({ code, err }).toEqual({ code: 0, err: 'note: it ends when you log out; to keep it running: loginctl enable-linger\n' });
  expect(log.at(-1)).toBe('systemctl --user enable --now vncctl.service vncctl.socket');
  expect(unit('/user/vncctl.service').filter((line) => /^(User|ProtectSystem|PrivateUsers|CapabilityBoundingSet|@)/.test(line))).toEqual([]);
  expect(unit('/user/vncctl.service')).toContain('WantedBy=default.target');
});

test('without root nothing is installed for the system', async () => {
  const { run, log, folders } = machine({ uid: 1000 });
  const { code, err } = await run([...INSTALL, '--system']);
  expect(code).toBe(8);
  expect(err).toContain('hint: sudo vncctl daemon install --system');
  expect([...log, ...folders]).toEqual([]);
});

test('--print shows both units and touches nothing, for anybody', async () => {
  const { run, files, log, folders } = machine({ uid: 1000 });
  const { code, out } = await run([...INSTALL, '--system', '--print']);
  expect(code).toBe(0);
  expect(out).toContain('#### vncctl.service\n# Written by vncctl daemon install');
  expect(out).toContain('#### vncctl.socket\n# Written by vncctl daemon install');
  expect(out).not.toMatch(/\{\{|^@|^##[^#]/m);
  expect((await run([...INSTALL, '--print', '--json'])).json()).toMatchObject([{ name: 'vncctl.service' }, { name: 'vncctl.socket' }]);
  expect([...files, ...log, ...folders]).toEqual([]);
});

test('where systemd does not run the units are written and the rest is left to type', async () => {
  const { run, log } = machine({ systemdRuns: false });
  const { code, out } = await run(INSTALL);
  expect(code).toBe(0);
  expect(out).toContain('systemd does not run here; where it does:\n  systemctl daemon-reload\n  systemctl enable --now vncctl.service vncctl.socket\n');
  expect(log).toEqual([`write ${SERVICE}`, `write ${SOCKET}`]);
});

test('the same again rewrites nothing; a change stops the old one before it is replaced', async () => {
  const { run, log, files } = machine();
  await run(INSTALL);
  log.length = 0;
  expect((await run([...INSTALL, '--json'])).json()).toMatchObject({ outcome: 'unchanged', started: true });
  expect(log).toEqual(['systemctl daemon-reload', 'systemctl enable --now vncctl.service vncctl.socket']);
  files.set(SERVICE, '# Written by vncctl daemon install\nof an older version\n');
  log.length = 0;
  expect((await run([...INSTALL, '--json'])).json()).toMatchObject({ outcome: 'replaced', scope: 'system', user: 'alice', instance: 'default', files: [SERVICE, SOCKET] });
  expect(log.slice(0, 2)).toEqual(['systemctl stop vncctl.socket vncctl.service', `write ${SERVICE}`]);
});

test('a daemon that listens nowhere any more loses its socket', async () => {
  const { run, log, files, home, unit } = machine();
  await run(INSTALL);
  writeFileSync(join(home, 'config/config.json'), '{"engine": "unix:///run/docker.sock", "listen": "off"}');
  log.length = 0;
  await run(INSTALL);
  expect(log).toEqual(['systemctl stop vncctl.socket vncctl.service', 'systemctl disable vncctl.socket', `remove ${SOCKET}`, `write ${SERVICE}`, 'systemctl daemon-reload', 'systemctl enable --now vncctl.service']);
  expect([...files.keys()]).toEqual([SERVICE]);
  expect(unit(SERVICE).join('\n')).not.toContain('vncctl.socket');
});

test.each([[SERVICE], [SOCKET]])('a foreign %s is neither replaced nor removed', async (path) => {
  const { run, files, log } = machine();
  files.set(path, '[Unit]\nDescription=of somebody else\n');
  for (const verb of ['install', 'uninstall']) {
    const { code, err } = await run(['daemon', verb]);
    expect(code).toBe(4);
    expect(err).toContain(`${path} was not written by vncctl`);
  }
  expect(log).toEqual([]);
});

test('uninstall takes away what install made, and twice is no failure', async () => {
  const { run, files, log } = machine();
  await run(INSTALL);
  log.length = 0;
  expect(await run(['daemon', 'uninstall'])).toMatchObject({ code: 0, err: '', out: `removed ${SOCKET}\nremoved ${SERVICE}\n` });
  expect(log).toEqual(['systemctl disable --now vncctl.socket vncctl.service', `remove ${SOCKET}`, `remove ${SERVICE}`, 'systemctl daemon-reload']);
  expect(files.size).toBe(0);
  expect((await run(['daemon', 'uninstall', '--json'])).json()).toEqual({ scope: 'system', instance: 'default', files: [], commands: [] });
});

test('two instances have units of their own', async () => {
  const { run, files, unit } = machine();
  await run(INSTALL);
  await run([...INSTALL, '--instance', 'two']);
  expect(unit('/system/vncctl-two.service').find((line) => line.startsWith('ExecStart='))).toMatch(/ daemon --instance two$/);
  await run(['daemon', 'uninstall', '--instance', 'two']);
  expect([...files.keys()]).toEqual([SERVICE, SOCKET]);
});

test('what systemd refuses is a failure with its words', async () => {
  const { run, failing } = machine();
  failing.set('enable', 'Job for vncctl.service failed.\n');
  const { code, err } = await run(INSTALL);
  expect(code).toBe(6);
  expect(err).toContain('error: systemctl enable --now vncctl.service vncctl.socket failed: Job for vncctl.service failed.\nhint: look with: systemctl status vncctl.service vncctl.socket');
});

test('a service manager of a user that does not run is told with the cure', async () => {
  const { run, failing } = machine({ uid: 1000 });
  failing.set('daemon-reload', 'Failed to connect to bus: No medium found');
  expect((await run(INSTALL)).err).toContain('loginctl enable-linger');
});

test('it runs as another user with that one\'s settings and places', async () => {
  const bobs = mkdtempSync(join(createTestProgram().home, 'bob-'));
  const { run, unit, folders } = machine({ accounts: { bob: bobs } });
  const settings = join(bobs, '.config/vncctl/config.json');
  mkdirSync(dirname(settings), { recursive: true });
  writeFileSync(settings, '{"listen": "9090", "stateFile": "/srv/vncctl/state.json"}');
  // Where the test's shell has its own places, which are not bob's.
  const { code, err } = await run([...INSTALL, '--run-as', 'bob'], { env: { VNCCTL_HOME: '', XDG_STATE_HOME: '/elsewhere', VNC_WIDTH: '800' } });
  expect({ code, err }).toEqual({ code: 0, err: 'note: the service does not see VNC_WIDTH; to keep it: sudo -u bob vncctl config set width 800\n' });
  const places = ['.config', '.local/state', '.cache'].map((folder) => join(bobs, folder));
  expect(unit(SERVICE)).toContain('User=bob');
  expect(unit(SERVICE)).toContain(`Environment=XDG_CONFIG_HOME=${places[0]} XDG_STATE_HOME=${places[1]} XDG_CACHE_HOME=${places[2]}`);
  expect(unit(SERVICE)).toContain(`ReadWritePaths=${places[0]}/vncctl ${places[1]}/vncctl -${places[2]}/vncctl /srv/vncctl`);
  expect(unit(SOCKET)).toContain('ListenStream=127.0.0.1:9090');
  expect(folders).toEqual([...places.map((folder) => join(folder, 'vncctl')), '/srv/vncctl'].map((folder) => ({ folder, user: 'bob' })));
});

test('a user that is none, or has no meaning, is refused before anything is written', async () => {
  const { run, log } = machine();
  for (const flags of [['--run-as', 'nobody-of-this-name'], ['--user', '--run-as', 'bob'], ['--user', '--system']]) expect((await run([...INSTALL, ...flags])).code).toBe(2);
  expect(log).toEqual([]);
});

test('what the shell sets and the service will not see is told with the command that keeps it', async () => {
  const { run } = machine({}, { width: 900 });
  const { err } = await run(INSTALL, { env: { DOCKER_HOST: 'unix:///x/docker.sock', CONTAINER_BASE_NAME: 'kiosk_', VNCCTL_WIDTH: '900', VNCCTL_HOOK: "say 'hi'", VNCCTL_COLOR: 'never' } });
  expect(err.split('\n')).toEqual([
    'note: the service does not see CONTAINER_BASE_NAME; to keep it: vncctl config set prefix kiosk_',
    "note: the service does not see VNCCTL_HOOK; to keep it: vncctl config set hook 'say '\\''hi'\\'''",
    'note: the service does not see DOCKER_HOST and uses unix:///run/docker.sock (the setting engine); to keep it: vncctl config set engine unix:///x/docker.sock',
    '',
  ]);
});

test('settings that are wrong are told before they end the daemon', async () => {
  const { run, log } = machine({}, { listen: 'everywhere' });
  expect(await run(INSTALL)).toMatchObject({ code: 2, out: '' });
  expect(log).toEqual([]);
});

test('with the embedded engine docker.service is not wanted, and who starts it is told', async () => {
  const { run, unit } = machine({}, { engine: 'embedded' });
  expect((await run(INSTALL)).err).toContain('vncctl engine start');
  expect(unit(SERVICE).join('\n')).not.toContain('docker.service');
});

test('under sudo it is said whose desktops the service watches', async () => {
  const { run } = machine();
  expect((await run(INSTALL, { env: { SUDO_USER: 'carol' } })).err).toContain('--run-as carol');
  expect((await run([...INSTALL, '--run-as', 'alice'], { env: { SUDO_USER: 'carol' } })).err).toBe('');
});

test('elsewhere than on Linux there are no services', async () => {
  const { run, log } = machine({ platform: 'darwin' });
  expect((await run(INSTALL)).code).toBe(2);
  expect(log).toEqual([]);
});

test('the end of the daemon may take as long as viewers are waited for, and not much longer', async () => {
  const [usual, patient] = [machine(), machine({}, { drain: '2m' })];
  for (const { run } of [usual, patient]) await run(INSTALL);
  expect(usual.unit(SERVICE)).toContain('TimeoutStopSec=38');
  expect(patient.unit(SERVICE)).toContain('TimeoutStopSec=128');
});

test('a certificate that lies in /tmp is not hidden from the daemon, and half a pair is told at once', async () => {
  const elsewhere = machine({}, { tlsCert: '/etc/vncctl/cert.pem', tlsKey: '/etc/vncctl/key.pem' });
  const temporary = machine({}, { tlsCert: '/tmp/cert.pem', tlsKey: '/tmp/key.pem' });
  for (const { run } of [elsewhere, temporary]) expect((await run([...INSTALL, '--print'])).code).toBe(0);
  expect((await temporary.run([...INSTALL, '--print'])).out).toContain('PrivateTmp=no');
  const { code, err } = await machine({}, { tlsCert: '/etc/vncctl/cert.pem' }).run(INSTALL);
  expect(code).toBe(2);
  expect(err).toContain('tlsCert is set and tlsKey is not');
});

test('a state folder that lies too deep for a socket opens the place where the socket is instead', async () => {
  const { run, unit } = machine();
  const home = `/srv/${'deep/'.repeat(20)}`;
  await run(INSTALL, { env: { VNCCTL_HOME: home } });
  expect(unit(SERVICE).find((line) => line.startsWith('ReadWritePaths='))?.split(' ')).toContain('/tmp');
  expect(unit(SERVICE)).toContain('PrivateTmp=no');
});

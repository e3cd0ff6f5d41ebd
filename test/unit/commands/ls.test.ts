import { expect, test } from 'vitest';
import type { DesktopId } from '../../../src/core/store.ts';
import { exampleEntry } from '../../support/test-desktops.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

async function twoDesktops(): Promise<TestProgram> {
  const program = createTestProgram();
  await program.run(['up', '111.444.777-35']);
  program.clock.advance(3 * 3_600_000);
  await program.run(['up', '529.982.247-25']);
  program.engine.world.end('vnc_52998224725', 0);
  return program;
}

test('a pipe gets aligned text with headings, whole and without colour', async () => {
  const run = await (await twoDesktops()).run(['ls'], { columns: 40 });
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toBe(
    [
      'CLIENT          STATUS   IMAGE          URL                             CREATED  LAST USED  EXPIRES  WHY',
      '111.444.777-35  ready    firefox-kiosk  http://localhost:5000/vnc.html  3h ago   3h ago     -        not watched',
      '529.982.247-25  stopped  firefox-kiosk  http://localhost:5001/vnc.html  now      now        -        not watched',
      '',
    ].join('\n'),
  );
});

test('the longest realistic values fit 80 columns on a terminal, and nothing that is needed to act is cut', async () => {
  const program = createTestProgram({
    entries: [exampleEntry({ key: 'firefox-kiosk-with-a-long-name', viewerPath: '/' })],
    installation: {},
  });
  const env = { VNCCTL_PORT_MIN: '65535', VNCCTL_PORT_MAX: '65535', VNCCTL_IMAGE: 'firefox-kiosk-with-a-long-name' };
  await program.run(['up', '111.444.777-35'], { env });
  await program.run(['reap']);
  program.clock.advance(59_000);
  const { out, code } = await program.run(['ls'], { terminals: ['stdout'], env: { ...env, NO_COLOR: '1' } });
  expect(code).toBe(0);
  for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(out).toContain('111.444.777-35');
  expect(out).toContain('http://localhost:65535/');
  expect(out).toContain('in 7h');
  expect(out).toContain('no viewer');
  expect(out).toContain('…');
  expect((await program.run(['ls'], { env })).out).toContain('firefox-kiosk-with-a-long-name');
});

test('an empty list prints its headings and succeeds', async () => {
  const program = createTestProgram();
  expect(await program.run(['ls'])).toMatchObject({ code: 0, out: 'CLIENT  STATUS  IMAGE  URL  CREATED  LAST USED  EXPIRES  WHY\n', err: '' });
  expect(await program.run(['ls'], { terminals: ['stdout'], env: { NO_COLOR: '1' } })).toMatchObject({ code: 0, out: expect.stringMatching(/^CLIENT +STATUS +IMAGE +URL +CREATED +LAST USED +EXPIRES +WHY\n$/) });
  expect(await program.run(['ls', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
  expect(await program.run(['ls', '-q'])).toMatchObject({ code: 0, out: '' });
  expect(await program.run(['ls', '--no-headers'])).toMatchObject({ code: 0, out: '' });
});

test('a failure to list is an error, never an empty table', async () => {
  const program = await twoDesktops();
  program.engine.calls.refuse();
  expect(await program.run(['ls'])).toMatchObject({ code: 6, out: '' });
});

test('--json has every field, with times as they are stored', async () => {
  const run = await (await twoDesktops()).run(['ls', '--json']);
  expect(run.json()).toEqual([
    { client: '11144477735', status: 'ready', image: 'firefox-kiosk', url: 'http://localhost:5000/vnc.html', createdAt: '2030-01-01T12:00:00.000Z', lastUsedAt: '2030-01-01T12:00:00.000Z', expiresAt: null, why: 'not watched', id: expect.any(String), container: 'vnc_11144477735', hostPort: 5000 },
    expect.objectContaining({ client: '52998224725', status: 'stopped' }),
  ]);
});

test('the key to a screen is in no form of the list', async () => {
  const program = await twoDesktops();
  const secret = program.engine.world.get('vnc_11144477735').spec.env['VNC_SECRET'] ?? 'none';
  expect(secret).not.toBe('none');
  for (const flags of [[], ['--json'], ['--format', '{{json .}}']]) expect((await program.run(['ls', ...flags])).out).not.toContain(secret);
});

test('-q prints the clients as rm takes them', async () => {
  const program = await twoDesktops();
  const { out } = await program.run(['ls', '-q']);
  expect(out).toBe('111.444.777-35\n529.982.247-25\n');
  expect((await program.run(['rm', ...out.trim().split('\n')])).code).toBe(0);
  expect(program.engine.world.all).toEqual([]);
});

test.each([
  ['{{.Client}} {{.Url}}', '11144477735 http://localhost:5000/vnc.html'],
  ['{{.Port}}\\t{{.Status}}', '5000\tready'],
  ['{{json .Client}}', '"11144477735"'],
  ['plain', 'plain'],
])('--format %j fills in a line for each', async (format, line) => {
  expect((await (await twoDesktops()).run(['ls', '--filter', 'status=ready', '--format', format])).out).toBe(`${line}\n`);
});

test('--format json is --json', async () => {
  const program = await twoDesktops();
  expect((await program.run(['ls', '--format', 'json'])).out).toBe((await program.run(['ls', '--json'])).out);
});

test('a field that is not there is refused also when there is no desktop, before the engine is asked', async () => {
  const program = createTestProgram();
  const run = await program.run(['ls', '--format', '{{.Cliennt}}']);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain('there is no field "Cliennt"');
  expect(run.err).toContain('did you mean Client?');
  expect(program.engine.calls.log).toEqual([]);
});

test.each([
  ['client=111.444.777-35', 1],
  ['client=11144477735', 1],
  ['status=stopped', 1],
  ['image=firefox-kiosk', 2],
  ['port=5001', 1],
  ['status=paused', 0],
])('--filter %s leaves %i', async (filter, count) => {
  expect((await (await twoDesktops()).run(['ls', '--filter', filter, '--json'])).json()).toHaveLength(count);
});

test('several filters must all hold', async () => {
  expect((await (await twoDesktops()).run(['ls', '--filter', 'image=firefox-kiosk', '-f', 'status=ready', '-q'])).out).toBe('111.444.777-35\n');
});

test.each([
  ['statuss=ready', 'there is no filter "statuss"', 'did you mean status?'],
  ['x=1', 'there is no filter "x"', 'keys: client, status'],
  ['status', '--filter takes key=value, not "status"', 'keys: client, status'],
])('--filter %s is refused', async (filter, message, hint) => {
  const run = await createTestProgram().run(['ls', '--filter', filter]);
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err).toContain(`error: ${message}\nhint: ${hint}`);
});

test('--no-headers leaves only rows', async () => {
  expect((await (await twoDesktops()).run(['ls', '--no-headers'])).out).toMatch(/^111\.444\.777-35 .*\n529\.982\.247-25 .*\n$/);
});

test('--mask hides the middle of client ids in every form', async () => {
  const program = await twoDesktops();
  for (const flags of [[], ['-q'], ['--json'], ['--format', '{{.Client}} {{.Container}}'], ['--format', '{{json .}}']]) {
    const { out } = await program.run(['ls', '--mask', ...flags]);
    expect(out).toContain('111.***.***-35');
    expect(out, flags.join(' ')).not.toContain('11144477735');
  }
  expect((await program.run(['ls'], { env: { VNCCTL_MASK: 'true' } })).out).toContain('111.***.***-35');
});

test('a desktop whose container is gone is listed as lost', async () => {
  const program = await twoDesktops();
  program.engine.world.vanish('vnc_11144477735');
  expect((await program.run(['ls', '--filter', 'status=lost', '-q'])).out).toBe('111.444.777-35\n');
});

test('while somebody watches, the list tells when each goes and why', async () => {
  const program = await twoDesktops();
  const [used] = (await program.run(['ls', '--json'])).json() as { id: DesktopId }[];
  if (used) program.activity.set(used.id, 1);
  await program.run(['reap']);
  const rows = (await program.run(['ls', '--json'])).json();
  expect(rows).toMatchObject([
    { why: 'in use', expiresAt: null },
    { why: 'no viewer', expiresAt: '2030-01-01T23:00:00.000Z' },
  ]);
});

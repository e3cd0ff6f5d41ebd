import { expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';
const env = { WARM_POOL_SIZE: '2' };
const ID = /[a-z0-9]{12}/;

async function filled(): Promise<TestProgram> {
  const program = createTestProgram();
  expect(await program.run(['pool', 'fill'], { env })).toMatchObject({ code: 0 });
  return program;
}

test('fill makes what the setting says, tells each, and then has nothing to do', async () => {
  const program = createTestProgram();
  const { code, out } = await program.run(['pool', 'fill'], { env });
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^made [a-z0-9]{12}: 2 of firefox-kiosk are wanted, there are 0$/) as string));
  expect(await program.run(['pool', 'fill'], { env })).toMatchObject({ code: 0, out: '', err: expect.stringContaining('note: there is nothing to do') as string });
});

test('fill makes the image first where it is missing', async () => {
  const program = createTestProgram({ prepared: false });
  expect(await program.run(['pool', 'fill'], { env })).toMatchObject({ code: 0 });
  expect(program.engine.world.all).toHaveLength(2);
});

test('fill --dry-run prints the plan and makes nothing', async () => {
  const program = createTestProgram();
  const { out } = await program.run(['pool', 'fill', '--dry-run'], { env });
  expect(out).toBe('make a warm firefox-kiosk: 2 of firefox-kiosk are wanted, there are 0\n'.repeat(2));
  expect(program.engine.world.all).toEqual([]);
  expect((await program.run(['pool', 'fill', '--dry-run', '--json'], { env })).json()).toMatchObject([{ do: 'create', image: 'firefox-kiosk', id: null }, { do: 'create' }]);
});

test('one that can not be made is told and makes the exit code', async () => {
  const program = createTestProgram();
  program.probe.failure = new VncctlError('NOT_VNC', 'no VNC there');
  const run = await program.run(['pool', 'fill'], { env });
  expect(run).toMatchObject({ code: 6, out: '' });
  expect(run.err).toContain('error: could not make a warm firefox-kiosk: 2 of firefox-kiosk are wanted, there are 0 (no VNC there)');
  const json = await program.run(['pool', 'fill', '--json'], { env });
  expect(json.json()).toMatchObject([{ result: 'failed', error: { code: 'NOT_VNC' } }, { result: 'failed' }]);
});

test('ls shows each with its age and end, -q the ids that can be taken, --json all of it', async () => {
  const program = await filled();
  const { out } = await program.run(['pool', 'ls'], { env });
  expect(out.split('\n')[0]).toMatch(/^ID +IMAGE +STATUS +CREATED +EXPIRES$/);
  expect(out.trimEnd().split('\n')).toHaveLength(3);
  expect(out).toMatch(/ready +\w+( \w+)? +in 3h|ready +now +in 4h/);
  const ids = (await program.run(['pool', 'ls', '-q'], { env })).out.trimEnd().split('\n');
  expect(ids).toEqual([expect.stringMatching(ID), expect.stringMatching(ID)]);
  const told = (await program.run(['pool', 'ls', '--json'], { env })).json() as { members: { id: string }[] };
  expect(told).toMatchObject({ off: null, wanted: [{ image: 'firefox-kiosk', count: 2, ready: 2, why: null }] });
  expect(told.members.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

test('ls says what is wanted where nothing is there, what nobody wants, and what can not be had', async () => {
  const program = createTestProgram();
  expect((await program.run(['pool', 'ls'])).err).toContain('note: none are wanted; to keep some: vncctl config set pool 2');
  expect((await program.run(['pool', 'ls'], { env })).err).toContain('2 of firefox-kiosk are wanted; to make them now: vncctl pool fill');
  expect((await program.run(['pool', 'ls'], { env: { VNCCTL_POOL: 'desk=1' } })).err).toContain('note: no warm desk can be made: the catalog has no such image');
  const apart = createTestProgram({ isolation: 'networks' });
  expect((await apart.run(['pool', 'ls'], { env })).err).toContain('note: no warm desktops are kept: each desktop has a network of its own');
});

test('ls without the setting shows that those there are wanted by nobody', async () => {
  const program = await filled();
  expect((await program.run(['pool', 'ls', '--json'])).json()).toMatchObject({ members: [{ status: 'old', cause: 'no pool of firefox-kiosk is wanted' }, {}] });
});

test('up takes one and says why; the next tells why there was none', async () => {
  const program = await filled();
  await program.run(['pool', 'fill'], { env: { WARM_POOL_SIZE: '1' } });
  expect((await program.run(['up', ANA, '--json'], { env })).json()).toMatchObject({ outcome: 'claimed', why: 'a warm desktop that fits was ready' });
  expect((await program.run(['up', '529.982.247-25', '--json'], { env })).json()).toMatchObject({ outcome: 'created', why: '529.982.247-25 has no desktop, and the pool of firefox-kiosk is empty' });
  expect((await program.run(['up', ANA, '--json'], { env })).json()).toMatchObject({ outcome: 'reused', why: 'it runs' });
});

test('up --dry-run tells that one would be taken', async () => {
  const program = await filled();
  expect((await program.run(['up', ANA, '--dry-run'], { env })).out).toMatch(/^take the warm [a-z0-9]{12} \(or another of 2\) as vnc_11144477735: /);
});

test('drain removes all, and tells each', async () => {
  const program = await filled();
  const { code, out } = await program.run(['pool', 'drain'], { env });
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toEqual([expect.stringMatching(/^remove [a-z0-9]{12}: the pool is drained$/), expect.any(String)]);
  expect(program.engine.world.all).toEqual([]);
});

test('what waits in the pool is in no list and no removal but that of all', async () => {
  const program = await filled();
  expect((await program.run(['ls', '--json'])).json()).toEqual([]);
  const id = (await program.run(['pool', 'ls', '-q'], { env })).out.split('\n')[0] ?? '';
  expect(await program.run(['rm', id])).toMatchObject({ code: 2 });
  const run = await program.run(['rm', '--all', '--yes']);
  expect(run).toMatchObject({ code: 0, out: '' });
  expect(run.err).toContain('note: 2 warm desktops were removed from the pool too');
  expect(program.engine.world.all).toEqual([]);
});

test('rm --all tells of a warm one that stays, and fails', async () => {
  const program = await filled();
  program.engine.calls.before('containers.remove', () => {
    throw new VncctlError('ENGINE_FAILED', 'the disk is on fire');
  });
  const run = await program.run(['rm', '--all', '--yes']);
  expect(run.code).toBe(6);
  expect(run.err).toMatch(/error: the warm desktop [a-z0-9]{12} is still there: the disk is on fire/);
});

test('inspect shows what a claimed one was given, not what it was made with', async () => {
  const program = createTestProgram({ entries: [{ ...(await filled()).entry, ports: { web: 6080, rfb: 5900, claim: 5901 } }] });
  await program.run(['pool', 'fill'], { env });
  await program.run(['up', ANA, '--url', 'https://example.org/'], { env });
  expect((await program.run(['inspect', ANA, '--json'])).json()).toMatchObject({ settings: { KIOSK_URL: 'https://example.org/' } });
});

test.each([
  ['3', [{ image: undefined, count: 3 }]],
  ['off', []],
  ['0', []],
])('the setting is read as the ancestors spell it: %s', async (typed) => {
  const program = createTestProgram();
  const run = await program.run(['config', 'get', 'pool'], { env: { RUNNER_PREWARM_VNC: typed } });
  expect(run).toMatchObject({ code: 0, out: `${typed}\n` });
});

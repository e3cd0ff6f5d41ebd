// `vncctl adopt`, in-process over the fake engine.
import { expect, test } from 'vitest';
import { VncctlError } from '../../../src/errors.ts';
import { createTestProgram, type TestProgram } from '../../support/test-program.ts';

const ANA = '11144477735';

/** A container as the orchestrator of kiosks makes one, and three that are none. */
function withAncestors(): TestProgram {
  const program = createTestProgram();
  const { world } = program.engine;
  const env = { VNC_APPNAME: 'firefox-kiosk https://example.org/desk', VNC_WIDTH: '390', VNC_HEIGHT: '900' };
  Object.assign(world.addForeign(`vnc_${ANA}`, {}, env), { state: 'running' });
  Object.assign(world.addForeign('vnc_proxy'), { state: 'running' });
  Object.assign(world.addForeign('vnc_52998224725'), { state: 'exited' });
  Object.assign(world.addForeign('web'), { state: 'running' });
  return program;
}

const names = (program: TestProgram): string[] => program.engine.world.all.map(({ name }) => name).sort();

test('a dry run shows which would be replaced, which left alone and why, and changes nothing', async () => {
  const program = withAncestors();
  const run = await program.run(['adopt', '--dry-run', '--json']);
  expect(run.json()).toEqual([
    { client: ANA, container: `vnc_${ANA}`, image: 'somebody/elses', url: 'https://example.org/desk', size: '390x900', kept: null },
    { client: null, container: 'vnc_proxy', image: 'somebody/elses', url: null, size: null, kept: 'its name tells no client' },
  ]);
  const { out } = await program.run(['adopt', '--dry-run']);
  expect(out).toMatch(/111\.444\.777-35 +vnc_11144477735 +https:\/\/example\.org\/desk +390x900/);
  expect(names(program)).toEqual(['vnc_11144477735', 'vnc_52998224725', 'vnc_proxy', 'web']);
});

test('it asks first, and where nobody can answer it says how to say yes', async () => {
  const program = withAncestors();
  expect(await program.run(['adopt'])).toMatchObject({ code: 2, err: expect.stringContaining('vncctl adopt --yes') });
  expect(program.engine.world.get(`vnc_${ANA}`).spec.labels).toEqual({});
});

test('each gets a desktop of ours in its place, with the same page and size', async () => {
  const program = withAncestors();
  const before = program.engine.world.get(`vnc_${ANA}`).id;
  expect(await program.run(['adopt', '--yes'])).toMatchObject({ code: 0, err: expect.stringContaining(`replaced vnc_${ANA}`) });
  const now = program.engine.world.get(`vnc_${ANA}`);
  expect(now.id).not.toBe(before);
  expect(now.spec.env).toMatchObject({ KIOSK_URL: 'https://example.org/desk', WIDTH: '390', HEIGHT: '900' });
  expect(names(program)).toEqual(['vnc_11144477735', 'vnc_52998224725', 'vnc_proxy', 'web']);
  expect((await program.run(['ls', '--format', '{{.Client}}'])).out).toBe(`${ANA}\n`);
  expect((await program.run(['adopt', '--yes', '--json'])).json()).toEqual([expect.objectContaining({ container: 'vnc_proxy', id: null })]);
});

test('one whose successor can not be made is as it was', async () => {
  const program = withAncestors();
  program.engine.calls.failNext('containers.create', new VncctlError('ENGINE_FAILED', 'no space left'));
  const run = await program.run(['adopt', '--yes']);
  expect(run).toMatchObject({ code: 6, err: expect.stringContaining(`vnc_${ANA}: no space left`) });
  expect(program.engine.world.get(`vnc_${ANA}`)).toMatchObject({ state: 'running', spec: { image: 'somebody/elses' } });
  expect(names(program)).toEqual(['vnc_11144477735', 'vnc_52998224725', 'vnc_proxy', 'web']);
});

test('one that a killed run had put aside is taken over by the next', async () => {
  const program = createTestProgram();
  Object.assign(program.engine.world.addForeign(`vnc_${ANA}.before-vncctl`), { state: 'running' });
  expect((await program.run(['adopt', '--yes'])).code).toBe(0);
  expect(names(program)).toEqual([`vnc_${ANA}`]);
});

test('whoever has a desktop already keeps it', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  Object.assign(program.engine.world.addForeign(`old-${ANA}`), { state: 'running' });
  const run = await program.run(['adopt', 'old-*', '--yes']);
  expect(run).toMatchObject({ code: 0, out: expect.stringContaining('its client has a desktop already') });
  expect(names(program)).toEqual([`old-${ANA}`, `vnc_${ANA}`]);
});

test('one that somebody ran of an image of ours is nobody\'s; a desktop of another installation is somebody\'s', async () => {
  const program = createTestProgram();
  const { world } = program.engine;
  Object.assign(world.addForeign(`vnc_${ANA}`, { 'io.vncctl.managed': 'true', 'io.vncctl.image': 'kiosk' }), { state: 'running' });
  Object.assign(world.addForeign('vnc_52998224725', { 'io.vncctl.managed': 'true', 'io.vncctl.instance': 'another' }), { state: 'running' });
  const run = await program.run(['adopt', '--dry-run', '--json']);
  expect(run.json()).toEqual([expect.objectContaining({ client: ANA, kept: null })]);
});

test('a pattern holds one star', async () => {
  for (const pattern of ['vnc_', '*-*']) expect(await createTestProgram().run(['adopt', pattern])).toMatchObject({ code: 2, err: expect.stringContaining('has to hold one *') });
});

// `vncctl config import`: the ancestors' environment files, as their documents have them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

/** Of the orchestrator of kiosks. */
const KIOSKS = `# VNC
VNC_HOST=localhost
VNC_IMAGE=ghcr.io/example/firefox-flash-kiosk:4bda8f1
VNC_CONTAINER_PORT=6080
VNC_APPNAME=firefox-kiosk https://google.com
VNC_WIDTH=390
VNC_HEIGHT=900
PORT_RANGE_MIN=6000
PORT_RANGE_MAX=6020
DOCKER_NETWORK_NAME=vnc_network
DOCKER_NETWORK_SUBNET=10.10.0.0/24
IDLE_TIMEOUT_HOURS=8
CLEANUP_INTERVAL_MINUTES=30
STATE_FILE=state.json
ORCHESTRATOR_PORT=8080
FLASK_DEBUG=1
`;

const setUp = (text: string) => {
  const program = createTestProgram();
  const file = join(program.home, 'ancestor.env');
  writeFileSync(file, text);
  return { ...program, file, written: (): unknown => JSON.parse(readFileSync(join(program.home, 'config/config.json'), 'utf8')), isWritten: () => existsSync(join(program.home, 'config/config.json')) };
};

test('what is understood is shown and written; what is not is named', async () => {
  const { run, file, written } = setUp(KIOSKS);
  const { code, out, err } = await run(['config', 'import', file, '--yes']);
  expect(code, err).toBe(0);
  expect(out).toMatch(/removeAfter +8h +IDLE_TIMEOUT_HOURS/);
  expect(err).toContain('not understood, and left out: FLASK_DEBUG');
  expect(err).toContain('STATE_FILE is left out');
  expect(written()).toEqual({
    host: 'localhost', image: 'ghcr.io/example/firefox-flash-kiosk:4bda8f1', containerPort: 6080, app: 'firefox-kiosk https://google.com', width: 390, height: 900,
    portMin: 6000, portMax: 6020, network: 'vnc_network', subnet: '10.10.0.0/24', removeAfter: '8h', sweepInterval: '30m', listen: '8080',
  });
});

test('the files of the other ancestors are understood too', async () => {
  const curated = setUp('PORT_RANGE_START=11000\nPORT_RANGE_END=12000\nCONTAINER_BASE_NAME=collab-vm-\nCONTAINER_NO_CLIENT_TIMEOUT=15\n');
  await curated.run(['config', 'import', curated.file, '--yes']);
  expect(curated.written()).toEqual({ portMin: 11_000, portMax: 11_999, prefix: 'collab-vm-', removeAfter: '15m' });
  const fleet = setUp('CONTROL_PORT=9000\nRUNNER_VNC_RESOLUTION=1920x1080x24\nCONTROL_CORS_ORIGINS=["https://a.example", "https://b.example"]\nWORKER_SUPPORTS_VNC=true\n');
  expect((await fleet.run(['config', 'import', fleet.file, '--yes'])).err).toContain('left out: WORKER_SUPPORTS_VNC');
  expect(fleet.written()).toEqual({ listen: '9000', width: 1920, height: 1080, corsOrigins: 'https://a.example,https://b.example' });
});

test('a dry run writes nothing, and neither does a run that nobody can answer', async () => {
  const { run, file, isWritten } = setUp(KIOSKS);
  expect((await run(['config', 'import', file, '--dry-run', '--json'])).json()).toMatchObject({ settings: expect.arrayContaining([{ name: 'portMin', value: 6000, variable: 'PORT_RANGE_MIN' }]), left: ['STATE_FILE'], unknown: ['FLASK_DEBUG'] });
  expect(await run(['config', 'import', file])).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
  expect(isWritten()).toBe(false);
});

test('everything that is wrong is told at once, and nothing is written', async () => {
  const { run, file, isWritten } = setUp('VNC_WIDTH=wide\nIDLE_TIMEOUT_HOURS=long\nVNC_HOST=localhost\n');
  const { code, err } = await run(['config', 'import', file, '--yes']);
  expect(code).toBe(2);
  for (const word of ['2 settings are wrong', 'VNC_WIDTH', 'IDLE_TIMEOUT_HOURS']) expect(err).toContain(word);
  expect(isWritten()).toBe(false);
});

test('what goes against the settings that are there is refused', async () => {
  const { run, file, written } = setUp('PORT_RANGE_MIN=5010\n');
  await run(['config', 'set', 'portMax', '5005']);
  expect(await run(['config', 'import', file, '--yes'])).toMatchObject({ code: 2, err: expect.stringContaining('portMin') });
  expect(written()).toEqual({ portMax: 5005 });
  await run(['config', 'set', 'portMax', '7000']);
  expect(await run(['config', 'import', file, '--yes'])).toMatchObject({ code: 0 });
  expect(written()).toEqual({ portMax: 7000, portMin: 5010 });
});

test('a file that can not be read is told', async () => {
  expect(await createTestProgram().run(['config', 'import', '/nowhere/.env'])).toMatchObject({ code: 2, err: expect.stringContaining("can't read /nowhere/.env") });
});

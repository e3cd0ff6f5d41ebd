// The plan of `up` for everything it can find, compared as the text that --dry-run prints.
import { expect, test } from 'vitest';
import { milliseconds } from '../../../src/core/duration.ts';
import type { ContainerDetails, ContainerId, ImageInfo, NetworkInfo } from '../../../src/core/engine.ts';
import { clientKey } from '../../../src/core/identity.ts';
import { encodeLabels } from '../../../src/core/labels.ts';
import { buildSpec, type DesktopWishes } from '../../../src/core/spec.ts';
import type { Allocation, DesktopId } from '../../../src/core/store.ts';
import { planUp, renderPlan } from '../../../src/core/up-plan.ts';
import type { UpObservation, UpQuestion } from '../../../src/core/up-question.ts';
import { ANA, clientOf, exampleEntry } from '../../support/test-desktops.ts';

const now = new Date('2030-01-01T12:00:00.000Z');
const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();
const id = 'bcdfghjkmnpq' as DesktopId;
const image: ImageInfo = { id: 'sha256:1', labels: {}, sizeBytes: 1, createdAt: ago(9e6) };
const network: NetworkInfo = { name: 'vncctl', subnets: ['10.77.0.0/24'], labels: {}, dialable: true, isolates: 'members' };

const container = (over: Partial<ContainerDetails> = {}): ContainerDetails => ({
  id: 'c0ffee0000001111' as ContainerId,
  name: 'vnc_11144477735',
  state: 'running',
  health: 'none',
  labels: encodeLabels({ instance: 'default', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's', hostPort: 5000 }),
  image: 'vncctl/kiosk:latest',
  imageId: 'sha256:1',
  createdAt: ago(300_000),
  startedAt: ago(200_000),
  ports: [],
  env: {},
  limits: { cpus: 2, memoryBytes: 1024 ** 3 },
  outOfMemory: false,
  ...over,
});
const remembered = (over: Partial<Allocation> = {}): UpObservation['state'] => ({
  allocations: { [id]: { desktopId: id, client: ANA, endpoint: 'here', image: 'kiosk', createdAt: ago(300_000), lastUsedAt: ago(1000), ...over } },
  reservations: [],
});

const LABELLED = { kind: 'labelled', key: new Uint8Array(32) } as const;
const HASH = clientKey(ANA, LABELLED);
const POOL_FACTS = { naming: 'plain', idleExitSeconds: 86_400, canFit: true, canUpdateLimits: true } as const;
const seen = (over: Partial<UpObservation> = {}): UpObservation => ({ container: undefined, others: [], image, isolation: 'members', network, state: { allocations: {}, reservations: [] }, now, ...over });
const question = (over: Partial<UpQuestion> = {}, wishes: DesktopWishes = { env: {} }): UpQuestion => ({
  name: 'vnc_11144477735',
  clientKey: ANA,
  instance: 'default',
  prefix: 'vnc_',
  naming: { kind: 'plain' },
  endpoint: 'here',
  client: '111.444.777-35',
  spec: buildSpec(exampleEntry(), wishes, {}, 'vncctl', 4),
  subnet: '',
  wishes,
  askedImage: false,
  recreate: false,
  door: 'direct',
  lease: {},
  stage: 'page',
  bindAddress: '127.0.0.1',
  pool: { wanted: 0, facts: POOL_FACTS, passesLeft: 2 },
  isAlive: (pid) => pid === 1,
  ...over,
});
const plan = (over: Partial<UpObservation>, asked: Partial<UpQuestion> = {}, wishes?: DesktopWishes): string => renderPlan(planUp(seen(over), question(asked, wishes)));

const START = ['start it: a new desktop starts at once', 'wait for page: until it can be seen'];
const create = (cause: string): string[] => [`create vnc_11144477735: ${cause}`, ...START];

const REPLACED = [
  'create vnc_next_c0ffee000000 beside c0ffee000000, which is stopped first where there is room for one only: a new one was asked for',
  ...START,
  'give it the name vnc_11144477735 of c0ffee000000: it can be seen',
  'remove c0ffee000000: its successor has its name',
];
const MEND = 'put right what was left of the replacement of c0ffee000000: another command is replacing this desktop, or was killed while it did';
const SUCCESSOR = container({
  id: 'facade0000001111' as ContainerId,
  name: 'vnc_next_c0ffee000000',
  labels: encodeLabels({ instance: 'default', desktopId: 'zzzzzzzzzzzz' as DesktopId, clientKey: ANA, replaces: container().id, naming: 'plain', imageKey: 'kiosk', specHash: 's' }),
});

const PLANS: [string, Partial<UpObservation>, string[], Partial<UpQuestion>?][] = [
  ['nothing', {}, create('111.444.777-35 has no desktop')],
  ['no image', { image: undefined }, ['build the image: the engine has no image vncctl/kiosk:latest', ...create('111.444.777-35 has no desktop')]],
  ['no network', { network: undefined }, ['create network vncctl: the engine has no network vncctl', ...create('111.444.777-35 has no desktop')]],
  [
    'an engine that can not keep the members of a network apart',
    { isolation: 'networks', network: undefined },
    ['create network vncctl_vnc_11144477735: the engine has no network vncctl_vnc_11144477735', ...create('111.444.777-35 has no desktop')],
  ],
  ['a network of its own left there', { isolation: 'networks', network: { ...network, isolates: 'networks' } }, create('111.444.777-35 has no desktop')],
  ['a running desktop', { container: container() }, ['reuse the running desktop']],
  ['a restarting one', { container: container({ state: 'restarting' }) }, ['reuse the running desktop']],
  ['a paused one', { container: container({ state: 'paused' }) }, ['wake c0ffee000000: it is paused', 'wait for rfb: it was ready before']],
  ['a stopped one', { container: container({ state: 'exited', exitCode: 0 }) }, ['start it: it had ended (exit code 0)', 'wait for page: it has just come up']],
  [
    'a stopped one without its network',
    { container: container({ state: 'exited', exitCode: 1 }), network: undefined },
    ['create network vncctl: the engine has no network vncctl', 'start it: it had ended (exit code 1)', 'wait for page: it has just come up'],
  ],
  ['one that was never started', { container: container({ state: 'created' }) }, ['start it: it was created but never started', 'wait for page: it has just come up']],
  ['a dead one', { container: container({ state: 'dead' }) }, ['remove c0ffee000000: its container is dead', ...create('the old one can not be started')]],
  ['one that the engine is removing', { container: container({ state: 'removing' }) }, ['wait for c0ffee000000 to be gone: its last desktop is on its way out', ...create('111.444.777-35 will have no desktop')]],
  [
    'one that a live rm is removing',
    { container: container(), state: remembered({ removing: { pid: 1, at: ago(1000) } }) },
    ['wait for c0ffee000000 to be gone: its last desktop is on its way out', ...create('111.444.777-35 will have no desktop')],
  ],
  ['one that a killed rm was removing', { container: container(), state: remembered({ removing: { pid: 2, at: ago(1000) } }) }, ['reuse the running desktop']],
  ['a running one, and --recreate', { container: container() }, REPLACED, { recreate: true }],
  ['a stopped one, and --recreate', { container: container({ state: 'exited', exitCode: 0 }) }, ['create vnc_next_c0ffee000000: a new one was asked for', ...REPLACED.slice(1)], { recreate: true }],
  ['one whose replacement was begun', { container: container(), state: remembered({ replacing: container().id }) }, [MEND]],
  ['one whose replacement was begun for another client', { container: container(), state: remembered({ replacing: container().id, client: clientOf('ana') }) }, ['reuse the running desktop']],
  ['a successor alone', { others: [SUCCESSOR] }, [MEND]],
  ['an old one that has given its name away alone', { others: [container({ name: 'vnc_prev_c0ffee000000' })] }, [MEND]],
  ['a successor that has the name and that nothing is remembered of', { container: { ...SUCCESSOR, name: 'vnc_11144477735' } }, [MEND]],
  ['the same, looked after', { container: { ...SUCCESSOR, name: 'vnc_11144477735' } }, ['reuse the running desktop'], { mended: true }],
  ['one that was renamed by hand', { others: [container({ name: 'renamed' })] }, ['rename c0ffee000000 to vnc_11144477735: their desktop was renamed to renamed']],
  [
    'one whose name still tells of the client',
    { others: [container()] },
    [`rename c0ffee000000 to vnc_${HASH}: their desktop has the name vnc_11144477735, and names are written in another way now`],
    { naming: LABELLED, clientKey: HASH, name: `vnc_${HASH}` },
  ],
  ['nothing, and --recreate', {}, create('111.444.777-35 has no desktop'), { recreate: true }],
  ['a record without a container', { state: remembered() }, create('111.444.777-35 has no desktop')],
];

test.each(PLANS)('with %s', (_, found, lines, asked) => {
  expect(plan(found, asked)).toBe(lines.join('\n'));
});

test('a pulled image is pulled', () => {
  const entry = exampleEntry({ source: { kind: 'pull', reference: 'registry.example/x:1' } });
  expect(plan({ image: undefined }, { spec: buildSpec(entry, { env: {} }, {}, 'vncctl', 4) })).toMatch(/^pull the image: the engine has no image registry\.example\/x:1\n/);
});

test('a kept desktop tells the wishes it does not fulfil', () => {
  expect(plan({ container: container() }, {}, { env: {}, cpus: 1 })).toBe('reuse the running desktop\nthe running desktop is kept with cpus 2 (asked: 1); to replace it: vncctl up 111.444.777-35 … --recreate');
});

test('a new desktop gets the door of the question; one that is there keeps its own, and says so when a port was asked for', () => {
  const doorOf = (over: Partial<UpObservation>, door: UpQuestion['door']): unknown[] => planUp(seen(over), question({ door, recreate: true })).steps.flatMap((step) => (step.do === 'create' ? [step.door] : []));
  expect(doorOf({}, 'gateway')).toEqual(['gateway']);
  expect(doorOf({ container: container() }, 'gateway')).toEqual(['gateway']);
  expect(doorOf({}, 'direct')).toEqual(['direct']);
  const portless = container({ labels: encodeLabels({ instance: 'default', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's' }) });
  expect(plan({ container: portless }, { door: 'direct' })).toBe('reuse the running desktop');
  expect(plan({ container: portless }, { door: 'direct' }, { env: {}, direct: true })).toBe(
    'reuse the running desktop\nthe running desktop is kept with no port of its own (asked: --direct); to replace it: vncctl up 111.444.777-35 … --recreate',
  );
  expect(plan({ container: container() }, { door: 'direct' }, { env: {}, direct: true })).toBe('reuse the running desktop');
});

const waits = (over: Partial<UpObservation>, stage: UpQuestion['stage']): unknown => planUp(seen(over), question({ stage })).steps.map((step) => (step.do === 'wait' ? step.stage : step.do));

test('one that was seen ready since its start is only looked at; after a restart it is waited for again', () => {
  expect(waits({ container: container(), state: remembered({ readyAt: ago(100) }) }, 'page')).toEqual(['rfb']);
  expect(waits({ container: container({ health: 'healthy' }) }, 'page')).toEqual(['rfb']);
  expect(waits({ container: container(), state: remembered({ readyAt: ago(100) }) }, 'running')).toEqual(['running']);
  expect(waits({ container: container(), state: remembered({ readyAt: ago(250_000) }) }, 'page')).toEqual(['page']);
  expect(waits({ container: container() }, 'window')).toEqual(['window']);
});

test("a container of that name that is not this instance's desktop is NAME_TAKEN, whatever was asked", () => {
  for (const recreate of [false, true]) {
    for (const labels of [{}, encodeLabels({ instance: 'lab', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's' })]) {
      expect(() => plan({ container: container({ labels }) }, { recreate })).toThrowError(expect.objectContaining({ code: 'NAME_TAKEN' }));
    }
  }
});

test('a network whose members reach each other, or with another subnet, is NETWORK_CONFLICT before anything is done', () => {
  for (const found of [{}, { container: container({ state: 'exited' as const }) }]) {
    expect(() => plan({ ...found, network: { ...network, isolates: 'nothing' } })).toThrowError(expect.objectContaining({ code: 'NETWORK_CONFLICT' }));
    expect(() => plan({ ...found, network }, { subnet: '10.78.0.0/24' })).toThrowError(expect.objectContaining({ code: 'NETWORK_CONFLICT' }));
  }
  expect(plan({ network }, { subnet: '10.77.0.0/24' })).toContain('create vnc_11144477735');
  expect(plan({ container: container(), network: { ...network, isolates: 'nothing' } })).toBe('reuse the running desktop');
});

test('a network of its own that others reach, or a subnet for several of them, is NETWORK_CONFLICT before anything is done', () => {
  for (const isolates of ['nothing', 'members'] as const) {
    expect(() => plan({ isolation: 'networks', network: { ...network, isolates } })).toThrowError(expect.objectContaining({ code: 'NETWORK_CONFLICT' }));
  }
  expect(() => plan({ isolation: 'networks', network: undefined }, { subnet: '10.77.0.0/24' })).toThrowError(
    expect.objectContaining({ code: 'NETWORK_CONFLICT', hint: expect.stringContaining('config unset subnet') as string }),
  );
  expect(() => plan({ isolation: 'members', network: { ...network, isolates: 'networks' } })).toThrowError(expect.objectContaining({ code: 'NETWORK_CONFLICT' }));
});

test('a lease that is asked for is part of the plan for a new desktop, and for a kept one where it is news', () => {
  const lease = { idle: milliseconds(1_200_000), ttl: 'never' } as const;
  expect(plan({}, { lease })).toBe([...create('111.444.777-35 has no desktop'), 'give it the lease idle 20m, ttl never: it was asked for'].join('\n'));
  expect(plan({ container: container() }, { lease })).toBe('reuse the running desktop\ngive it the lease idle 20m, ttl never: it was asked for');
  expect(plan({ container: container(), state: remembered({ lease: { ttl: 'never' } }) }, { lease })).toContain('\ngive it the lease idle 20m: it');
  expect(plan({ container: container(), state: remembered({ lease }) }, { lease })).toBe('reuse the running desktop');
  const labels = encodeLabels({ instance: 'default', desktopId: id, clientKey: ANA, naming: 'plain', imageKey: 'kiosk', specHash: 's', lease });
  expect(plan({ container: container({ labels }) }, { lease })).toBe('reuse the running desktop');
  expect(plan({ container: container({ labels }) }, { lease, recreate: true })).toContain('give it the lease idle 20m, ttl never');
});

test("another client's desktop that somebody gave this name is NAME_TAKEN, with the id to remove it by", () => {
  const labels = encodeLabels({ instance: 'default', desktopId: id, clientKey: '22222222222', naming: 'plain', imageKey: 'kiosk', specHash: 's' });
  for (const recreate of [false, true]) {
    expect(() => plan({ container: container({ labels }) }, { recreate })).toThrowError(expect.objectContaining({ code: 'NAME_TAKEN', hint: expect.stringContaining(`vncctl rm ${id}`) as string }));
  }
});

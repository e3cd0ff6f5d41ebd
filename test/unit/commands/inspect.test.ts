import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';

async function oneDesktop() {
  const program = createTestProgram();
  const { out } = await program.run(['up', ANA, '--env', 'LANGUAGE=en']);
  const secret = program.engine.world.get('vnc_11144477735').spec.env['VNC_SECRET'] ?? 'none';
  expect(out).toContain(secret);
  return { ...program, secret, link: out.trim() };
}

test('inspect shows what a desktop is and hides its secret, in text and in JSON', async () => {
  const { run, secret } = await oneDesktop();
  const text = await run(['inspect', ANA]);
  expect(text).toMatchObject({ code: 0, err: '' });
  for (const words of [/^client +111\.444\.777-35$/m, /^status +ready$/m, /^url +http:\/\/localhost:5000\/vnc\.html$/m, /^setting +LANGUAGE=en$/m, /^limits +2 cpus, 1g memory$/m]) expect(text.out).toMatch(words);
  const json = await run(['inspect', ANA, '--json']);
  expect(json.json()).toMatchObject({ client: '11144477735', status: 'ready', hostPort: 5000, settings: { LANGUAGE: 'en' }, container: { name: 'vnc_11144477735' } });
  for (const { out } of [text, json]) expect(out).not.toContain(secret);
  expect(json.json()).not.toHaveProperty('secret');
});

test('inspect --secret shows the secret and the link that holds it', async () => {
  const { run, secret, link } = await oneDesktop();
  const text = await run(['inspect', ANA, '--secret']);
  expect(text.out).toMatch(new RegExp(`^secret +${secret}$`, 'm'));
  expect(text.out).toContain(link);
  expect((await run(['inspect', ANA, '--secret', '--json'])).json()).toMatchObject({ secret, link });
});

test('a stopped desktop shows how it ended', async () => {
  const { run, engine } = await oneDesktop();
  engine.world.end('vnc_11144477735', 3);
  expect((await run(['inspect', ANA])).out).toMatch(/^status +failed \(exit code 3\)$/m);
  expect((await run(['inspect', ANA, '--json'])).json()).toMatchObject({ status: 'failed', exitCode: 3 });
});

test('a lost desktop is shown from memory', async () => {
  const { run, engine } = await oneDesktop();
  engine.world.vanish('vnc_11144477735');
  expect((await run(['inspect', ANA, '--json'])).json()).toMatchObject({ status: 'lost', container: null, url: null });
  expect(await run(['inspect', ANA])).toMatchObject({ code: 0, out: expect.stringMatching(/^status +lost$/m) });
});

test('inspecting what is not there is NotFound', async () => {
  expect(await createTestProgram().run(['inspect', ANA])).toMatchObject({ code: 3, out: '' });
});

test('the lease of a desktop and its end are told', async () => {
  const program = createTestProgram();
  await program.run(['up', '111.444.777-35', '--ttl', '2h']);
  await program.run(['reap']);
  const { out } = await program.run(['inspect', '111.444.777-35']);
  expect(out).toMatch(/^lease +idle 15m, remove-after 8h, input-idle never, ttl 2h, max-age never$/m);
  expect(out).toMatch(/^expires +2030-01-01T14:00:00\.\d{3}Z \(in 2h\): ttl$/m);
  expect((await program.run(['inspect', '111.444.777-35', '--json'])).json()).toMatchObject({ lease: { ttl: { length: '2h', from: 'up' } }, expiresAt: expect.stringContaining('2030-01-01T14:00'), why: 'ttl' });
});

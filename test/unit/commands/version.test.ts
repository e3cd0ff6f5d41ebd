import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

test('version names vncctl, Node and the engine with its endpoint', async () => {
  const program = createTestProgram();
  const run = await program.run(['version']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toContain(process.versions.node);
  expect(run.out).toMatch(/^engine +docker 20\.10\.24 \(API 1\.41\)/m);
  expect((await program.run(['version', '--json'])).json()).toEqual({
    vncctl: '0.0.0',
    node: process.versions.node,
    engine: { endpoint: 'unix:///nowhere/docker.sock', source: 'DOCKER_HOST', kind: 'docker', version: '20.10.24', apiVersion: '1.41', os: 'Fake Linux', architecture: 'x86_64' },
  });
});

test('an engine that does not answer is told and is no failure', async () => {
  const program = createTestProgram();
  program.engine.calls.refuse();
  const run = await program.run(['version']);
  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toMatch(/^engine +unix:\/\/\/nowhere\/docker\.sock: no container engine answers/m);
  expect((await program.run(['version', '--json'])).json()).toMatchObject({ engine: { endpoint: 'unix:///nowhere/docker.sock', error: { code: 'ENGINE_UNREACHABLE' } } });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestProgram } from '../../support/test-program.ts';

const ANA = '111.444.777-35';

test('a bad entry of the user refuses new desktops with its place, and leaves those that are there to be listed and removed', async () => {
  const program = createTestProgram();
  await program.run(['up', ANA]);
  mkdirSync(join(program.home, 'config/catalog'), { recursive: true });
  writeFileSync(join(program.home, 'config/catalog/mine.yaml'), 'title: Mine\ndescription: My own\nimage: mine:1\nlimits: {cpus: many}\n');

  const up = await program.run(['up', '529.982.247-25']);
  expect(up).toMatchObject({ code: 2, out: '' });
  expect(up.err).toMatch(/mine\.yaml:4:\d+.*cpus/);

  const ls = await program.run(['ls', '-q']);
  expect(ls).toMatchObject({ code: 0, out: `${ANA}\n` });
  expect(ls.err).toContain('only the built-in catalog is used');
  expect(await program.run(['rm', ANA])).toMatchObject({ code: 0, out: `${ANA}\n` });
});

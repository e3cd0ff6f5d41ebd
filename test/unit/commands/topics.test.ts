import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TOPICS, topicAskedBy, VERBS } from '../../../src/commands/registry.ts';
import { createTestProgram } from '../../support/test-program.ts';

const folder = new URL('../../../templates/help/', import.meta.url);

test('every page in templates/help is a topic, and every topic has its page', () => {
  expect(readdirSync(folder).sort()).toEqual(TOPICS.map(({ name }) => `${name}.md`).sort());
});

test.each(TOPICS)('vncctl help $name prints the page, and fits 80 columns', async ({ name }) => {
  const { out, err, code } = await createTestProgram().run(['help', name]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toBe(readFileSync(new URL(`${name}.md`, folder), 'utf8'));
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('no topic hides a verb, and the help of the program names each', async () => {
  const verbs = VERBS.flatMap(({ name, aliases }) => [name, ...aliases]);
  const { out } = await createTestProgram().run(['--help']);
  for (const topic of TOPICS) {
    expect(verbs).not.toContain(topic.name);
    expect(out).toContain(`vncctl help ${topic.name}`);
  }
  expect(topicAskedBy(['help', 'up'])).toBeUndefined();
});

// Each promise of the page on security ends with the test that shows it, as `(test/…)`.
test('every test that the page on security names exists, and every promise names one', () => {
  const page = readFileSync(new URL('security.md', folder), 'utf8');
  const promises = page.slice(page.indexOf('## Promises'), page.indexOf('## Not promised'));
  const items = promises.split(/^- /m).slice(1);
  expect(items.length).toBeGreaterThan(10);
  for (const item of items) {
    const named = [...item.matchAll(/test\/[\w./-]+\.test\.ts/g)].map(([path]) => path);
    expect(named.length, item).toBeGreaterThan(0);
    for (const path of named) expect(() => readFileSync(new URL(`../../../${path}`, import.meta.url)), path).not.toThrow();
  }
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LIFE_EVENTS } from '../../../../src/core/journal.ts';
import { LIFE_EVENTS as FOLLOWED } from '../../../../src/web/dashboard/answers.ts';
import { formatsFor } from '../../../../src/web/dashboard/formats.ts';
import { wordsFor } from '../../../../src/web/dashboard/i18n.ts';

const NOW = Date.parse('2030-01-01T12:00:00.000Z');

test.each([
  [['pt-BR', 'en'], 'pt-BR'],
  [['de', 'pt-PT'], 'pt-BR'],
  [['en-GB', 'pt'], 'en'],
  [['de'], 'en'],
  [[], 'en'],
])('for %j the page speaks %s', (languages, language) => {
  expect(wordsFor(languages).language).toBe(language);
});

test('parts are filled in, whatever they hold', () => {
  expect(wordsFor([]).say('wall.page', { page: 1, pages: '$&' })).toBe('Page 1 of $&');
});

test('every life event is followed, and has a name', () => {
  expect([...FOLLOWED]).toEqual([...LIFE_EVENTS]);
  expect(LIFE_EVENTS.filter((event) => wordsFor(['pt']).named('event', event) === event)).toEqual([]);
});

test('every reason that the API gives for an expiry is translated, and one that nobody knows is shown as it is', () => {
  const source = readFileSync(new URL('../../../../src/core/explain.ts', import.meta.url), 'utf8');
  const reasons = [...source.matchAll(/why: '([^']+)'|(?:'[\w-]+'|ttl): '([^']+)'/g)].map(([, one, other]) => one ?? other ?? '');
  expect(reasons).toEqual(expect.arrayContaining(['not watched', 'in use', 'no viewer', 'ttl']));
  const words = wordsFor(['pt']);
  expect(reasons.filter((reason) => words.named('why', reason) === reason)).toEqual([]);
  expect(words.named('why', 'warned: no viewer')).toBe('avisada: ninguém vendo');
  expect(words.named('why', 'full moon')).toBe('full moon');
});

test.each([
  ['en', 30_000, 'in 30 sec.'],
  ['en', -150_000, '2 min. ago'],
  ['en', 8 * 3_600_000, 'in 8 hr.'],
  ['en', -3 * 86_400_000, '3 days ago'],
  ['pt-BR', 14 * 60_000, 'em 14 min.'],
])('in %s, %i ms from now is %j', (language, ms, text) => {
  expect(formatsFor(language).relative(new Date(NOW + ms).toISOString(), NOW)).toBe(text);
});

test('sizes and shares are those of the language', () => {
  const { bytes, share } = formatsFor('pt-BR');
  expect([bytes(300 * 1024 ** 2), bytes(1.5 * 1024 ** 3), share(0.5)]).toEqual(['300 MB', '1,5 GB', '50%']);
});

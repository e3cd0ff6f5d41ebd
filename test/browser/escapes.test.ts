// Nobody gets out of a kiosk: every try of the table that ships with vncctl is made at a real one, by the verb that an operator has for
// an entry of their own. The same tries find the ways out where a kiosk has some.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEscapeTable } from '../../src/core/escape-table.ts';
import { ownInstallation } from '../support/own-installation.ts';

const TRIED_BY_HAND = 201;
/** Of what was seen once and not again: more than a busy machine brings about, and something is wrong with the look. */
const MOST_UNCONFIRMED = 4;

const installation = ownInstallation();

test('no try of the table leads out of the kiosk, and nothing is left of the desktop that was tried', async () => {
  const { code, stdout, stderr } = await installation.vncctl('images', 'test', 'firefox-kiosk', '--json');
  const result = JSON.parse(stdout || '{}');
  expect(result.escapes, stderr).toEqual([]);
  expect(code).toBe(0);
  for (const { name, why } of result.unconfirmed) process.stderr.write(`seen once and not again: ${name}: ${why}\n`);
  expect(result.unconfirmed.length).toBeLessThanOrEqual(MOST_UNCONFIRMED);
  expect(result.stoppedEarly).toBe(false);
  expect(result.tries).toBe(readEscapeTable(JSON.parse(readFileSync('templates/escapes.json', 'utf8'))).length);
  expect(result.tries).toBeGreaterThan(TRIED_BY_HAND);
  expect(JSON.parse((await installation.vncctl('ls', '--json')).stdout)).toEqual([]);
}, 300_000);

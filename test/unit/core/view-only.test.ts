import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newSecret } from '../../../src/core/identity.ts';
import { viewOnlySecret, viewOnlyTarget } from '../../../src/core/view-only.ts';

const start = readFileSync(new URL('../../../templates/images/firefox-kiosk/session/start', import.meta.url), 'utf8');

/** What the images' first process hands to tigervncpasswd: the lines of it that do so, with another program in its place. */
function passwordsOf(secret: string): string[] {
  const lines = /^digest=[\s\S]*\| tigervncpasswd -f > "\$run\/passwd"$/m.exec(start)?.[0];
  if (lines === undefined) throw new Error('the script does not derive a password any more');
  const script = lines.replace('tigervncpasswd -f > "$run/passwd"', 'cat');
  return execFileSync('/bin/sh', ['-uc', script], { env: { PATH: process.env['PATH'], VNC_SECRET: secret }, encoding: 'utf8' }).split('\n');
}

test("the images and vncctl derive the same view-only password from a desktop's secret", () => {
  for (const secret of ['abcdefgh', "a'b$%\\`c", ...Array.from({ length: 30 }, newSecret)]) expect(passwordsOf(secret)).toEqual([secret, viewOnlySecret(secret)]);
});

test('a view-only password is as long as VNC takes, another for each secret, and never the secret', () => {
  const secrets = Array.from({ length: 1_000 }, newSecret);
  const derived = secrets.map(viewOnlySecret);
  expect(new Set([...derived, ...secrets]).size).toBe(2_000);
  for (const password of derived) expect(password).toMatch(/^[0-o]{8}$/);
});

test('a screen without a secret has no view-only password', () => {
  expect(() => viewOnlyTarget({ kind: 'tcp', host: '172.18.0.2', port: 5900 })).toThrow(expect.objectContaining({ code: 'VIEW_ONLY_REFUSED' }));
});

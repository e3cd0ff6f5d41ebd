// What a desktop says of itself reaches a terminal as text and nothing else: a refusal of its VNC server, its last words, its labels.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testInstallation } from '../support/cli.ts';
import { buildTestImage, TINY_ENTRY, TINY_REFERENCE } from '../support/tiny-image.ts';

const CLIENT = '11144477735';
const installation = await testInstallation();

// oxlint-disable-next-line no-control-regex
const STEERS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/u;

const REFUSAL = `perl -MIO::Socket -e '$d = IO::Socket::INET->new(LocalPort => 5900, Listen => 9, ReuseAddr => 1); while ($p = $d->accept) { print $p qq(RFB 003.008\\\\n); sysread $p, $i, 12; print $p chr(0), pack(q(N/a*), qq(\\\\e[2J\\\\e]0;owned\\\\a\\\\302\\\\2332Jgo away)); close $p }'`;
const LAST_WORDS = `printf '\\\\033[2J\\\\033]0;owned\\\\007\\\\302\\\\2332J\\\\342\\\\200\\\\256last words\\\\n'; exit 3`;

test.each([
  { what: 'the refusal of its VNC server', key: 'rude', command: REFUSAL, words: 'go away' },
  { what: 'its last words', key: 'dying', command: LAST_WORDS, words: 'last words' },
])('$what does not steer the terminal', async ({ key, command, words }) => {
  const reference = `vncctl/test-${key}:latest`;
  await buildTestImage(reference, `FROM ${TINY_REFERENCE}\nENTRYPOINT ["sh", "-c", "${command.replaceAll('"', '\\"')}"]\n`);
  writeFileSync(join(installation.home, 'config/catalog', `${key}.yaml`), TINY_ENTRY.replace(TINY_REFERENCE, reference));
  for (const form of [[], ['--json']]) {
    const { exitCode, stdout, stderr } = await installation.vncctl('up', CLIENT, '--image', key, ...form);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/\\u001b\[2J/);
    expect(stdout + stderr).not.toMatch(STEERS);
    if (form.length > 0) expect((JSON.parse(stderr) as { error: { message: string } }).error.message).toContain('\u001b[2J');
  }
});

test('a page address is taken in printable ASCII only', async () => {
  for (const url of ['https://a.example/\u001b[2J', 'https://a.example/\u009b', 'https://a.example/\u202egpj', 'https://exаmple.org/']) {
    const { exitCode, stderr } = await installation.vncctl('up', CLIENT, '--url', url);
    expect(exitCode).toBe(2);
    expect(stderr).not.toMatch(STEERS);
  }
});

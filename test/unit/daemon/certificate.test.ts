import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Certificate, type CertificateFollower, followCertificate, readCertificate } from '../../../src/daemon/certificate.ts';
import { ONE, TWO } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeLog } from '../../support/fake-log.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const folder = tempFolder();
const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };

function write({ cert, key }: Certificate): void {
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
}

function follow(): { clock: ReturnType<typeof createFakeClock>; log: ReturnType<typeof createFakeLog>; used: Certificate[]; follower: CertificateFollower; pass(): Promise<void> } {
  write(ONE);
  const [clock, log, used] = [createFakeClock(), createFakeLog(), [] as Certificate[]];
  const follower = followCertificate({ files, present: readCertificate(files), onNew: (next) => void used.push(next), clock, log });
  onTestFinished(() => follower.stop());
  const pass = async (): Promise<void> => {
    await clock.sleeping(5_000);
    clock.advance(5_000);
    await clock.sleeping(5_000);
  };
  return { clock, log, used, follower, pass };
}

test('a new pair is used within seconds, one that is the same is not', async () => {
  const { used, log, pass } = follow();
  await pass();
  expect(used).toEqual([]);
  write(TWO);
  await pass();
  await pass();
  expect(used).toEqual([TWO]);
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([['info', 'the certificate was read anew']]);
});

test('it is used at once when somebody says so', () => {
  const { used, follower } = follow();
  renameSync(files.cert, `${files.cert}.old`);
  write(TWO);
  follower.look();
  expect(used).toEqual([TWO]);
});

test('half a pair, garbage and a missing file leave the old one, are told once each, and a right one follows them', async () => {
  const { used, log, pass } = follow();
  writeFileSync(files.cert, TWO.cert);
  await pass();
  await pass();
  writeFileSync(files.cert, 'no certificate');
  await pass();
  rmSync(files.cert);
  await pass();
  expect(used).toEqual([]);
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual(Array.from({ length: 3 }, () => ['error', 'the new certificate can not be used; the old one stays']));
  expect(JSON.stringify(log.lines)).not.toContain('PRIVATE KEY');
  write(TWO);
  await pass();
  expect(used).toEqual([TWO]);
});

test('nobody looks any more once it is stopped', async () => {
  const { used, clock, follower } = follow();
  await clock.sleeping(5_000);
  follower.stop();
  write(TWO);
  clock.advance(60_000);
  await eventually(() => true);
  expect(used).toEqual([]);
});

test('at the start what can not be used is a wrong setting that names the files', () => {
  write({ cert: ONE.cert, key: TWO.key });
  expect(() => readCertificate(files)).toThrow(expect.objectContaining({ code: 'BAD_SETTING', message: expect.stringContaining(`${files.cert} and ${files.key} are no certificate and its key`), hint: expect.stringContaining('openssl x509') }));
  rmSync(files.key);
  expect(() => readCertificate(files)).toThrow(expect.objectContaining({ code: 'BAD_SETTING', message: expect.stringContaining(`tlsKey: ${files.key} can't be read`) }));
});

// The daemon's certificate and key: read at the start, and again as long as it runs, so that a renewed pair is used without a
// restart. A pair that doesn't fit, as while one of the two files is replaced already, leaves the old one in use.
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { TlsFiles } from '../core/tls-files.ts';
import { VncctlError } from '../errors.ts';
import { wordsOf } from './words-of.ts';

/** Both as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface CertificateFollower {
  /** Looks at once. */
  look(): void;
  stop(): void;
}

export interface FollowOptions {
  files: TlsFiles;
  /** The pair that is in use. */
  present: Certificate;
  onNew: (next: Certificate) => void;
  clock: Pick<Clock, 'sleep'>;
  log: Log;
}

// Files are replaced by renaming, by links that are changed, or in place: to read them is what notices all of it.
const LOOK_EVERY_MS = 5_000;

/** Reads the pair. BAD_SETTING when a file can't be read, or the two are no certificate and its key. */
export function readCertificate(files: TlsFiles): Certificate {
  const pair = { cert: read(files.cert, 'tlsCert'), key: read(files.key, 'tlsKey') };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new VncctlError('BAD_SETTING', `${files.cert} and ${files.key} are no certificate and its key: ${reasonOf(error)}`, { hint: `compare: openssl x509 -noout -pubkey -in ${files.cert}; openssl pkey -pubout -in ${files.key}`, cause: error });
  }
  return pair;
}

/** Looks for a new pair every few seconds, until it is stopped. */
export function followCertificate({ files, present, onNew, clock, log }: FollowOptions): CertificateFollower {
  const stopping = new AbortController();
  let used = present;
  let trouble: string | undefined;
  const look = (): void => {
    try {
      const next = readCertificate(files);
      trouble = undefined;
      if (next.cert === used.cert && next.key === used.key) return;
      onNew(next);
      used = next;
      log.write('info', 'the certificate was read anew');
    } catch (error) {
      const words = wordsOf(error);
      if (words !== trouble) log.write('error', 'the new certificate can not be used; the old one stays', { reason: words });
      trouble = words;
    }
  };
  const follow = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, stopping.signal);
      look();
    }
  };
  follow().catch(() => undefined);
  return { look, stop: () => stopping.abort() };
}

function read(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new VncctlError('BAD_SETTING', `${setting}: ${file} can't be read: ${reasonOf(error)}`, { hint: 'the user that the daemon runs as has to be able to read it', cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

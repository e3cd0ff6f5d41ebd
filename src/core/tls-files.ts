// The two files that TLS takes: both, or neither.
import { VncctlError } from '../errors.ts';

/** Paths of a certificate with its chain and of its key, both PEM. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** The files that were named; undefined when none was. BAD_SETTING for one without the other. */
export function tlsFilesOf({ cert, key }: { cert: string | undefined; key: string | undefined }): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  const [given, missing, flag] = cert === undefined ? ['tlsKey', 'tlsCert', '--tls-cert'] : ['tlsCert', 'tlsKey', '--tls-key'];
  throw new VncctlError('BAD_SETTING', `${given} is set and ${missing} is not: a certificate and its key are of no use alone`, { hint: `vncctl config set ${missing} /path/to/file.pem   (or: vncctl daemon ${flag} …)` });
}

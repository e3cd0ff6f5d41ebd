// The command lines of a document, run as they stand: only the port they name is another.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What curl was answered: the body that it prints. Rejects when curl is missing or can't connect. */
export async function runCurlLine(line: string, port: number): Promise<string> {
  const here = line.replaceAll('localhost:8080', `localhost:${port}`);
  if (here === line) throw new Error(`no port was found in: ${line}`);
  const { stdout } = await promisify(execFile)('sh', ['-c', here], { env: { PATH: process.env['PATH'] ?? '', no_proxy: '*' } });
  return stdout;
}

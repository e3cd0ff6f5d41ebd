// The streams of a run that a test can read: what was written to each, and whether each is a terminal.
import { PassThrough } from 'node:stream';
import type { Streams } from '../../src/ui/streams.ts';

export interface FakeStreams extends Streams {
  /** What was written so far. */
  out(): string;
  err(): string;
  /** Types on stdin. */
  type(keys: string): void;
}

/** Streams that are pipes unless the terminals are named. */
export function fakeStreams(options: { terminals?: readonly ('stdin' | 'stdout' | 'stderr')[]; columns?: number; env?: Record<string, string>; color?: Streams['color']; input?: boolean } = {}): FakeStreams {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdin' | 'stdout' | 'stderr'): PassThrough => {
    const pass = new PassThrough();
    if (name !== 'stdin') pass.on('data', (chunk: Buffer) => (written[name] += chunk.toString()));
    // Whatever is piped into the real ones leaves them open at its end.
    if (name !== 'stdin') pass.end = () => pass;
    return Object.assign(pass, options.terminals?.includes(name) ? { isTTY: true, columns: options.columns ?? 80, setRawMode: () => {} } : {});
  };
  const stdin = stream('stdin');
  return {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stream('stdout') as unknown as NodeJS.WriteStream,
    stderr: stream('stderr') as unknown as NodeJS.WriteStream,
    env: options.env ?? {},
    ...(options.color === undefined ? {} : { color: options.color }),
    ...(options.input === undefined ? {} : { input: options.input }),
    out: () => written.stdout,
    err: () => written.stderr,
    type: (keys) => void stdin.write(keys),
  };
}

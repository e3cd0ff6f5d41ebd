// An X display without a screen for the graphical programs of one test file: what they show can be seen, and typed into, through the
// display's own VNC server.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll } from 'vitest';
import type { ByteStream } from '../../src/rfb/byte-stream.ts';
import { Framebuffer } from '../../src/rfb/framebuffer.ts';
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import type { Picture } from '../../src/rfb/picture.ts';
import { connectTcp } from '../../src/rfb/tcp-stream.ts';
import { point, typeText } from './rfb-input.ts';
import { tempFolder } from './temp-folder.ts';

const PROGRAM = '/usr/bin/Xtigervnc';

export interface XDisplay {
  /** Starts a program on it. */
  start(program: string, ...args: string[]): void;
  picture(): Promise<Picture>;
  /** Moves the pointer to the middle and types: without a window manager what lies there has the keyboard. */
  type(text: string): Promise<void>;
  /** Ends all programs that were started on it. */
  clear(): Promise<void>;
}

/** Starts one of the given size; it ends after the file's last test. Throws when its program is missing. */
export async function startXDisplay({ width, height }: { width: number; height: number }): Promise<XDisplay> {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}: sudo apt-get install tigervnc-standalone-server`);
  const home = tempFolder();
  const rfbPort = await freePort();
  const server = spawn(PROGRAM, ['-displayfd', '3', '-rfbport', String(rfbPort), '-localhost', '-SecurityTypes', 'None', '-geometry', `${width}x${height}`, '-depth', '24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const programs = new Set<ChildProcess>();
  afterAll(() => {
    for (const child of [...programs, server]) child.kill('SIGKILL');
  });
  const [number] = (await once(server.stdio[3] ?? server, 'data')) as [Buffer];
  const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home, LANG: 'C.UTF-8', DISPLAY: `:${number.toString().trim()}` };

  const connected = async <T>(work: (stream: ByteStream, size: { width: number; height: number }) => Promise<T>): Promise<T> => {
    const stream = await connectTcp('127.0.0.1', rfbPort, { signal: AbortSignal.timeout(10_000) });
    try {
      await authenticate(stream, {});
      return await work(stream, await initialise(stream));
    } finally {
      stream.close();
    }
  };

  return {
    start(program, ...args) {
      const child = spawn(program, args, { env, cwd: home, stdio: 'ignore' });
      programs.add(child);
      child.once('exit', () => programs.delete(child));
    },
    picture: () => connected((stream, size) => new Framebuffer(stream, size, 'once').capture()),
    type: (text) =>
      connected(async (stream, size) => {
        point(stream, size.width / 2, size.height / 2);
        typeText(stream, text);
        // The answer comes after all of it was read.
        await new Framebuffer(stream, size, 'once').capture();
      }),
    async clear() {
      const ended = [...programs].map((child) => once(child, 'exit'));
      for (const child of programs) child.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}

// Images over dockerode: find, pull, build, import.
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Images, ProgressListener } from '../../core/engine.ts';
import { VncctlError } from '../../errors.ts';
import type { Caller } from './call.ts';
import { signalled } from './signalled.ts';
import { statusOf, wordsOf } from './errors.ts';

const PULL_DEADLINE_MS = 30 * 60_000;
const BUILD_DEADLINE_MS = 60 * 60_000;

interface ProgressEvent {
  stream?: string;
  status?: string;
  id?: string;
  error?: string;
}

/** The images of one Docker API endpoint. */
export function createImages(docker: Docker, call: Caller): Images {
  /** Reads a progress stream to its end; returns the engine's error, if it reported one. */
  async function follow(stream: NodeJS.ReadableStream, onLine: (event: ProgressEvent) => void, signal: AbortSignal): Promise<string | undefined> {
    signal.addEventListener('abort', () => (stream as Readable).destroy(), { once: true });
    let failure: string | undefined;
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error) => {
          if (error) failure ??= error.message;
          resolve();
        },
        (event: ProgressEvent) => {
          if (event.error) failure = event.error;
          else onLine(event);
        },
      );
      stream.on('error', reject);
    });
    return failure;
  }

  return {
    async find(reference, options) {
      return call(
        `look at image ${reference}`,
        async (signal) => {
          try {
            const info = await docker.getImage(reference).inspect(signalled(signal, {}));
            return { id: info.Id, labels: info.Config.Labels ?? {}, sizeBytes: info.Size, createdAt: new Date(info.Created).toISOString() };
          } catch (error) {
            if (statusOf(error) === 404) return undefined;
            throw error;
          }
        },
        options,
      );
    },

    async pull(reference, onProgress, options) {
      await call(
        `pull ${reference}`,
        async (signal) => {
          const failed = (words: string, cause?: unknown): VncctlError =>
            new VncctlError('PULL_FAILED', `could not pull ${reference}: ${words}`, { hint: 'check the reference and the way to the registry', cause });
          let stream: NodeJS.ReadableStream;
          try {
            stream = await docker.pull(reference, signalled(signal, {}));
          } catch (error) {
            if (statusOf(error) === undefined) throw error;
            throw failed(wordsOf(error), error);
          }
          const seen = new Set<string>();
          const failure = await follow(stream, (event) => announceOnce(event, seen, onProgress), signal);
          if (failure) throw failed(failure);
        },
        options,
        PULL_DEADLINE_MS,
      );
    },

    async build(context, request, onProgress, options) {
      await call(
        `build ${request.tag}`,
        async (signal) => {
          const stream = await answered(`build ${request.tag}`, () =>
            docker.buildImage(context as Readable, {
              t: request.tag,
              labels: { ...request.labels },
              buildargs: { ...request.args },
              forcerm: true,
              abortSignal: signal,
            }),
          );
          const last: string[] = [];
          const failure = await follow(
            stream,
            (event) => {
              for (const line of (event.stream ?? '').split('\n').filter((text) => text.trim() !== '')) {
                onProgress(line);
                last.push(line);
                if (last.length > 15) last.shift();
              }
            },
            signal,
          );
          if (failure) throw new VncctlError('BUILD_FAILED', `could not build ${request.tag}: ${failure}\n${last.map((line) => `  | ${line}`).join('\n')}`);
        },
        options,
        BUILD_DEADLINE_MS,
      );
    },

    async importRootfs(tar, reference, options) {
      await call(
        `import ${reference}`,
        async (signal) => {
          const [repo, tag] = splitTag(reference);
          const changes = Object.entries(options?.labels ?? {}).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`);
          const stream = await answered(`import ${reference}`, () => docker.importImage(tar, signalled(signal, { repo, tag, changes })));
          const failure = await follow(stream as unknown as NodeJS.ReadableStream, () => {}, signal);
          if (failure) throw new VncctlError('BUILD_FAILED', `could not import ${reference}: ${failure}`);
        },
        options,
        BUILD_DEADLINE_MS,
      );
    },
  };
}

// A context that can't be read at all is refused before the first line of progress, as a plain HTTP error.
async function answered<T>(doing: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    throw new VncctlError('BUILD_FAILED', `could not ${doing}: ${wordsOf(error)}`, { cause: error });
  }
}

/** A pull repeats each layer's state many times a second: each is told once. */
function announceOnce(event: ProgressEvent, seen: Set<string>, onProgress: ProgressListener): void {
  const line = event.id ? `${event.id}: ${event.status}` : (event.status ?? '');
  if (line === '' || seen.has(line)) return;
  seen.add(line);
  onProgress(line);
}

function splitTag(reference: string): [string, string] {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest'];
}

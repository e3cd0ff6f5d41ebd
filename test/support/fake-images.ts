// The images of the fake engine. A build reads its tar and understands just enough of a Dockerfile to succeed or fail as
// the real one does: FROM, ARG, ENV, COPY, CMD, HEALTHCHECK, USER, `RUN echo …` and `RUN exit N`.
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { Clock } from '../../src/core/clock.ts';
import type { ImageBuildRequest, ImageInfo, Images, ProgressListener } from '../../src/core/engine.ts';
import { VncctlError } from '../../src/errors.ts';
import type { RunCall } from './fake-calls.ts';

export interface FakeImages {
  readonly images: Images;
  /** What the engine has, by reference. */
  readonly present: Map<string, ImageInfo>;
  /** References that a pull finds. */
  readonly registry: Set<string>;
  /** Every build that succeeded, in order. */
  readonly builds: readonly ImageBuildRequest[];
  add(reference: string, labels?: Record<string, string>): void;
}

const KNOWN = /^(FROM|ARG|ENV|COPY|ADD|CMD|ENTRYPOINT|HEALTHCHECK|USER|WORKDIR|LABEL|EXPOSE|RUN|STOPSIGNAL)\s/;

export function createFakeImages(run: RunCall, clock: Clock): FakeImages {
  const present = new Map<string, ImageInfo>();
  const registry = new Set<string>();
  const builds: ImageBuildRequest[] = [];
  let made = 0;
  const add = (reference: string, labels: Readonly<Record<string, string>> = {}): void => {
    made++;
    present.set(reference, { id: `sha256:${made.toString(16).padStart(64, '0')}`, labels: { ...labels }, sizeBytes: 1_000_000, createdAt: clock.now().toISOString() });
  };
  const fullName = (reference: string): string => (reference.lastIndexOf(':') > reference.lastIndexOf('/') ? reference : `${reference}:latest`);

  return {
    present,
    registry,
    builds,
    add: (reference, labels) => add(fullName(reference), labels),
    images: {
      find: (reference, options) => run('images.find', reference, options, () => present.get(fullName(reference))),

      pull: (reference, onProgress, options) =>
        run('images.pull', reference, options, () => {
          if (!registry.has(reference)) throw new VncctlError('PULL_FAILED', `could not pull ${reference}: not found`, { hint: 'check the reference' });
          onProgress('Pull complete');
          add(fullName(reference));
        }),

      build: (context, request, onProgress, options) =>
        run('images.build', request.tag, options, async () => {
          const failed = (words: string): VncctlError => new VncctlError('BUILD_FAILED', `could not build ${request.tag}: ${words}`);
          const dockerfile = (await filesOf(context).catch(() => new Map<string, string>())).get('Dockerfile');
          if (dockerfile === undefined) throw failed('Cannot locate specified Dockerfile: Dockerfile');
          carryOut(dockerfile, request, (reference) => present.has(fullName(reference)), onProgress, failed);
          builds.push(structuredClone(request));
          add(fullName(request.tag), request.labels);
        }),

      importRootfs: (tar, reference, options) =>
        run('images.importRootfs', reference, options, async () => {
          try {
            await filesOf(tar);
          } catch (cause) {
            throw new VncctlError('BUILD_FAILED', `could not import ${reference}: not a tar`, { cause });
          }
          add(fullName(reference), options?.labels);
        }),
    },
  };
}

async function filesOf(tar: NodeJS.ReadableStream): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const archive = Readable.from([await buffer(tar)]).pipe(extract());
  for await (const entry of archive) files.set(entry.header.name, (await buffer(entry)).toString('utf8'));
  return files;
}

function carryOut(dockerfile: string, request: ImageBuildRequest, has: (reference: string) => boolean, onProgress: ProgressListener, failed: (words: string) => VncctlError): void {
  const last: string[] = [];
  const say = (line: string): void => {
    last.push(line);
    onProgress(line);
  };
  const lines = dockerfile.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines) if (!KNOWN.test(line)) throw failed(`unknown instruction: ${line}`);
  for (const [index, line] of lines.entries()) {
    const step = line.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => request.args[name] ?? whole);
    say(`Step ${index + 1}/${lines.length} : ${step}`);
    const [, base] = /^FROM (\S+)/.exec(step) ?? [];
    if (base !== undefined && !has(base)) throw failed(`pull access denied for ${base}`);
    for (const [, text = ''] of step.matchAll(/echo (\S+)/g)) say(text);
    const [, code] = /exit (\d+)/.exec(step) ?? [];
    if (code !== undefined && code !== '0') throw failed(`the command returned a non-zero code: ${code}\n${last.map((text) => `  | ${text}`).join('\n')}`);
  }
}

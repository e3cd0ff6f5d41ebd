// An image that is up in milliseconds: the kiosk's VNC server with nothing on its screen. Made from the kiosk image that is there
// already, so that no package is fetched.
import { pack } from 'tar-stream';
import { engineApi } from './engine-api.ts';
import { testEndpoint } from './test-engine.ts';

/** Its key in the catalog of a test's installation. */
export const TINY_KEY = 'tiny';
/** What the engine calls it. */
export const TINY_REFERENCE = 'vncctl/test-screen:latest';

/** The user's own catalog entry for it. */
export const TINY_ENTRY = `title: Tiny
description: A VNC screen with nothing on it.
image: ${TINY_REFERENCE}
ports: {web: 6080, rfb: 5900}
user: "1000:1000"
tmpfs: {/tmp: "rw,nosuid,nodev,size=16m,mode=1777"}
limits: {cpus: 1, memory: 64m, pids: 64, shm: 32m}
stopGrace: 2s
ready: rfb
readyTimeout: 30s
`;

/** The key of one like it that does not end when it is asked to. */
export const STUBBORN_KEY = 'stubborn';
const STUBBORN_REFERENCE = 'vncctl/test-stubborn:latest';
/** What its catalog file says: it is given half a minute. */
export const STUBBORN_ENTRY = TINY_ENTRY.replace(TINY_REFERENCE, STUBBORN_REFERENCE).replace('stopGrace: 2s', 'stopGrace: 30s');

const GUARDED_REFERENCE = 'vncctl/test-guarded:latest';
/** The key of one whose VNC server asks for a password, with another for view-only connections. */
export const GUARDED_KEY = 'guarded';
/** What its catalog file says. */
export const GUARDED_ENTRY = TINY_ENTRY.replace(TINY_REFERENCE, GUARDED_REFERENCE).concat('variables: {secret: VNC_SECRET}\nviewOnly: password\n');

// Derived by the very lines of the kiosk's start, which runs nothing but a sleep on that screen.
const GUARDED_DOCKERFILE = `FROM vncctl/firefox-kiosk:latest
HEALTHCHECK NONE
CMD ["sleep", "86400"]
`;

const STUBBORN_DOCKERFILE = `FROM ${TINY_REFERENCE}
ENTRYPOINT ["sh", "-c", "trap '' TERM; Xvnc :0 -geometry 64x64 -rfbport 5900 -SecurityTypes None -UseBlacklist=0 -AlwaysShared=1 -nolisten tcp -extension GLX; sleep 60"]
`;

const HUNGRY_REFERENCE = 'vncctl/test-hungry:latest';
/** How much memory one of the hungry ones takes, nearly all of it before its screen is there: so much that what the test's own processes take makes no difference. */
export const HUNGRY_BYTES = 3072 * 1024 ** 2;
/** The catalog file of one like the tiny one that takes so much. */
export const HUNGRY_ENTRY = TINY_ENTRY.replace(TINY_REFERENCE, HUNGRY_REFERENCE).replace('memory: 64m', 'memory: 3328m').concat('needs: 3072m\n');

// Written to: memory that is only asked for is not taken.
const HUNGRY_DOCKERFILE = `FROM ${TINY_REFERENCE}
ENTRYPOINT ["perl", "-e", "my $taken; $taken .= q(x) x 1048576 for 1 .. 3020; fork or exec qw(Xvnc :0 -geometry 64x64 -rfbport 5900 -SecurityTypes None -UseBlacklist=0 -AlwaysShared=1 -nolisten tcp -extension GLX); $SIG{TERM} = sub { exit 0 }; sleep while 1"]
`;

const LYING_REFERENCE = 'vncctl/test-lying:latest';
/** The key of one whose owner put another program in the place of its VNC server: it announces a rectangle of 4294967295 parts. */
export const LYING_KEY = 'lying';
/** What its catalog file says. */
export const LYING_ENTRY = TINY_ENTRY.replace(TINY_REFERENCE, LYING_REFERENCE).replace('ready: rfb', 'ready: running');

const LIES = [
  'use IO::Socket',
  '$SIG{CHLD} = q(IGNORE)',
  'my $door = IO::Socket::INET->new(LocalPort => 5900, Listen => 50, ReuseAddr => 1) or die',
  'while (1) { my $peer = $door->accept or next',
  'if (fork) { close $peer; next }',
  'binmode $peer; $peer->autoflush(1); my $in',
  'print $peer qq(RFB 003.008\\n), chr(1), chr(1); read $peer, $in, 13; print $peer pack(q(N), 0); read $peer, $in, 1',
  'print $peer pack(q(nn), 4000, 4000), pack(q(C16), 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0), pack(q(N/a*), q(lies)); sysread $peer, $in, 4096',
  'print $peer pack(q(CCnnnnnNNN), 0, 0, 1, 0, 0, 4000, 4000, 2, 4294967295, 0)',
  'my $parts = pack(q(Nnnnn), 255, 0, 0, 4000, 4000) x 4000; 1 while print $peer $parts; exit }',
].join('; ');
const LYING_DOCKERFILE = `FROM ${TINY_REFERENCE}
ENTRYPOINT ["perl", "-e", "${LIES}"]
`;

const DOCKERFILE = `FROM vncctl/firefox-kiosk:latest
HEALTHCHECK NONE
ENTRYPOINT ["Xvnc", ":0", "-geometry", "64x64", "-rfbport", "5900", "-SecurityTypes", "None", "-UseBlacklist=0", "-AlwaysShared=1", "-nolisten", "tcp", "-extension", "GLX"]
CMD []
`;

/** Builds the image; a moment when it is there already. Throws when the kiosk image is missing. */
export async function ensureTinyImage(): Promise<void> {
  await buildTestImage(TINY_REFERENCE, DOCKERFILE);
}

/** The same for the guarded one. */
export async function ensureGuardedImage(): Promise<void> {
  await buildTestImage(GUARDED_REFERENCE, GUARDED_DOCKERFILE);
}

/** The same for the stubborn one, which is made from the tiny one. */
export async function ensureStubbornImage(): Promise<void> {
  await buildTestImage(STUBBORN_REFERENCE, STUBBORN_DOCKERFILE);
}

/** The same for the hungry one. */
export async function ensureHungryImage(): Promise<void> {
  await buildTestImage(HUNGRY_REFERENCE, HUNGRY_DOCKERFILE);
}

/** The same for the lying one. */
export async function ensureLyingImage(): Promise<void> {
  await buildTestImage(LYING_REFERENCE, LYING_DOCKERFILE);
}

/** Builds an image of one Dockerfile. */
export async function buildTestImage(reference: string, dockerfile: string): Promise<void> {
  const context = pack();
  context.entry({ name: 'Dockerfile', mtime: new Date(0) }, dockerfile);
  context.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of context) chunks.push(chunk as Buffer);
  const log = await engineApi(testEndpoint().address).call('POST', `/build?t=${reference}&forcerm=1`, Buffer.concat(chunks));
  if (JSON.stringify(log).includes('errorDetail')) throw new Error(`the test image could not be built (is vncctl/firefox-kiosk there?): ${JSON.stringify(log)}`);
}

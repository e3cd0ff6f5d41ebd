// What a desktop's screen shows, read from its VNC server without any browser.
import type Docker from 'dockerode';
import { Framebuffer } from '../../src/rfb/framebuffer.ts';
import { authenticate, initialise } from '../../src/rfb/handshake.ts';
import type { Picture } from '../../src/rfb/picture.ts';
import { connectTcp } from '../../src/rfb/tcp-stream.ts';

/** The secret of a link that `up` printed. */
export function secretOf(link: string): string {
  const secret = new URLSearchParams(new URL(link).hash.slice(1)).get('key');
  if (!secret) throw new Error('the link has no key');
  return secret;
}

/** The screen as it is now, taken over a connection of its own. */
export async function takeScreen(container: Docker.Container, link: string): Promise<Picture> {
  const { NetworkSettings } = await container.inspect();
  const address = Object.values(NetworkSettings.Networks)[0]?.IPAddress;
  if (!address) throw new Error('the container has no address');
  const stream = await connectTcp(address, 5900, { signal: AbortSignal.timeout(10_000) });
  try {
    await authenticate(stream, { secret: secretOf(link) });
    return await new Framebuffer(stream, await initialise(stream), 'once').capture();
  } finally {
    stream.close();
  }
}

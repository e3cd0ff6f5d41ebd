// What a Node's heap holds that is still in use, asked through its inspector.
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Millions of bytes after a full collection, of the program whose inspector listens at an address. */
export async function liveHeapMB(inspector: string): Promise<number> {
  const socket = new WebSocket(inspector);
  await once(socket, 'open');
  let asked = 0;
  const ask = async (method: string): Promise<{ usedSize?: number }> => {
    const id = ++asked;
    socket.send(JSON.stringify({ id, method }));
    for (;;) {
      const [data] = await once(socket, 'message');
      const answer = JSON.parse(String(data)) as { id?: number; result?: { usedSize?: number } };
      if (answer.id === id) return answer.result ?? {};
    }
  };
  try {
    await ask('HeapProfiler.collectGarbage');
    const { usedSize } = await ask('Runtime.getHeapUsage');
    if (usedSize === undefined) throw new Error('the inspector did not tell the size of the heap');
    return usedSize / 1e6;
  } finally {
    socket.terminate();
  }
}

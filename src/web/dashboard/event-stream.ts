// Follows a stream of Server-Sent Events through `fetch`: an EventSource can send no header, and without the page's half of its
// session nothing is told. Comes back by itself, and goes on behind the last event that was heard.

/** What a follower hears. */
export interface StreamListener {
  opened(): void;
  /** It ended, and another try follows. `refused`: the server answered, with something else than the stream. */
  lost(refused: boolean): void;
  told(name: string, data: string): void;
}

export interface StreamParts {
  /** Asks for the stream, from behind that event on. */
  ask(lastId: string | undefined, signal: AbortSignal): Promise<Response>;
  listener: StreamListener;
  setTimer(action: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export interface Following {
  readonly isOpen: boolean;
  /** Nothing is heard after it. */
  close(): void;
}

const RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/** Begins at once. */
export function followStream({ ask, listener, setTimer, clearTimer }: StreamParts): Following {
  const over = new AbortController();
  let lastId: string | undefined;
  let retryMs = RETRY_MS;
  let timer: unknown;
  let isOpen = false;

  const readAll = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || over.signal.aborted) return;
      const blocks = `${rest}${decoder.decode(value, { stream: true })}`.replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) take(block);
    }
  };

  const take = (block: string): void => {
    const fields = fieldsOf(block);
    const asked = Number(fields.get('retry') ?? Number.NaN);
    if (Number.isFinite(asked)) retryMs = Math.min(LONGEST_RETRY_MS, Math.max(0, asked));
    lastId = fields.get('id') ?? lastId;
    const data = fields.get('data');
    if (data !== undefined && !over.signal.aborted) listener.told(fields.get('event') ?? 'message', data);
  };

  const follow = async (): Promise<void> => {
    let refused = false;
    try {
      const answer = await ask(lastId, over.signal);
      if (answer.ok && answer.body && answer.headers.get('content-type')?.startsWith('text/event-stream') === true) {
        isOpen = true;
        listener.opened();
        await readAll(answer.body);
      } else {
        refused = true;
        await answer.body?.cancel();
      }
    } catch {
      // As if it had ended: nobody answers, or the connection broke.
    }
    isOpen = false;
    if (over.signal.aborted) return;
    timer = setTimer(() => void follow(), retryMs);
    listener.lost(refused);
  };
  void follow();

  return {
    get isOpen() {
      return isOpen;
    },
    close() {
      over.abort();
      clearTimer(timer);
    },
  };
}

/** The fields of one event by name; lines of data are one text. */
function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    // A line that begins with a colon is a comment.
    if (name === '') continue;
    const before = fields.get(name);
    fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value);
  }
  return fields;
}

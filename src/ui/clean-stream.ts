// The one place through which everything that vncctl prints goes. Text may hold what a desktop, an engine or a web page said: here
// every character that could steer a terminal, or make text look like other text, becomes its escape (`\u001b`). In JSON
// that is the same character, so no value is changed.

/** Line feed and tab stay; other control characters, directions, invisible marks and tags do not. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /\x1b\[(\d{1,2})m|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
/** What paint.ts makes: bold, dim, three colours, and their ends. */
const OWN_COLOURS = new Set(['1', '2', '22', '31', '32', '33', '39']);

const raws = new WeakMap<object, NodeJS.WriteStream>();

/** `text` with an escape in place of each unsafe character; vncctl's own colours stay. */
export function cleanText(text: string): string {
  return text.replace(UNSAFE, (found, colour?: string) => (colour !== undefined && OWN_COLOURS.has(colour) ? found : escapeOf(found)));
}

/** The stream, with all text that is written to it cleaned. */
export function cleanStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (chunk: unknown, ...rest: never[]): boolean => stream.write((typeof chunk === 'string' ? cleanText(chunk) : chunk) as string, ...rest);
  const clean = new Proxy(stream, {
    get(target, property) {
      if (property === 'write') return write;
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  raws.set(clean, stream);
  return clean;
}

/** The stream itself, for a line that rewrites itself and for questions: their writers clean what they did not make up. */
export function rawStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return raws.get(stream) ?? stream;
}

function escapeOf(found: string): string {
  return [...found].map((character) => (UNSAFE_ALONE.test(character) ? unitsOf(character) : character)).join('');
}

/** Of the sequence of a colour that isn't ours, the first character is enough. */
const UNSAFE_ALONE = /[^\x20-\x7e]/u;

function unitsOf(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
